//! Where inputs come from: a line editor with history on a terminal, plain lines otherwise.

use crate::failure::Failure;
use reedline::{
    DefaultCompleter, DefaultPrompt, DefaultPromptSegment, FileBackedHistory, Reedline, Signal, ValidationResult,
    Validator,
};
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;

/// Inputs that the history keeps.
const HISTORY: usize = 1000;

/// A longer input is no input.
const LONGEST: usize = 4 << 20;

/// What reads inputs.
pub(super) enum Editor {
    /// On a terminal.
    Lines(Box<Reedline>, Box<DefaultPrompt>),
    /// From a pipe or file.
    Plain,
}

/// Lets the editor ask whether an input is whole.
struct Whole;

impl Validator for Whole {
    fn validate(&self, line: &str) -> ValidationResult {
        if super::complete::is_whole(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

impl Editor {
    /// The editor for standard input.
    pub(super) fn new(words: impl Iterator<Item = &'static str>) -> Result<Editor, Failure> {
        if !std::io::stdin().is_terminal() {
            return Ok(Editor::Plain);
        }
        let mut completer = DefaultCompleter::with_inclusions(&[':', '_', '.']);
        completer.insert(words.map(str::to_owned).collect());
        let mut editor = Reedline::create().with_validator(Box::new(Whole)).with_completer(Box::new(completer));
        if let Some(path) = history_path()
            && let Ok(history) = FileBackedHistory::with_file(HISTORY, path)
        {
            editor = editor.with_history(Box::new(history));
        }
        let prompt = DefaultPrompt::new(DefaultPromptSegment::Empty, DefaultPromptSegment::Empty);
        Ok(Editor::Lines(Box::new(editor), Box::new(prompt)))
    }

    /// True if somebody sits there.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Editor::Lines(..))
    }

    /// The next input; none at the end.
    pub(super) fn read(&mut self, is_whole: fn(&str) -> bool) -> Result<Option<String>, Failure> {
        match self {
            Editor::Lines(editor, prompt) => loop {
                match editor.read_line(&**prompt)? {
                    Signal::Success(text) => return Ok(Some(text)),
                    // What was begun is forgotten.
                    Signal::CtrlC => {}
                    _ => return Ok(None),
                }
            },
            Editor::Plain => {
                let (mut text, mut input) = (String::new(), std::io::stdin().lock());
                while text.len() < LONGEST {
                    if input.read_line(&mut text)? == 0 {
                        return Ok(Some(text).filter(|t| !t.trim().is_empty()));
                    }
                    if is_whole(&text) {
                        break;
                    }
                }
                Ok(Some(text))
            }
        }
    }
}

/// Where the history is kept, if there is a home.
fn history_path() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    Some(state.filter(|p| p.is_absolute()).or_else(home)?.join("plimsoll/history"))
}
