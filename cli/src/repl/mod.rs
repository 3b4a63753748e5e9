//! The prompt: reads inputs until they are whole, and says what becomes of them.

mod complete;
mod editor;

use crate::failure::Failure;
use crate::io::Io;
use complete::{command_in, is_whole};
use editor::Editor;
use plimsoll::dsl::diagnostic::{Colour, render_all};
use plimsoll::report::{Style, clean, format};
use plimsoll::session::{Answer, Defined, Session, Wrong};
use std::path::Path;

/// A command of the prompt.
struct Command {
    name: &'static str,
    argument: &'static str,
    about: &'static str,
    run: fn(&mut Prompt<'_>, &str) -> Result<(), Failure>,
}

/// All commands.
const COMMANDS: &[Command] = &[
    Command {
        name: ":load",
        argument: "FILE",
        about: "take the objects of a file; the first one is `input`",
        run: |p, a| p.load(a),
    },
    Command { name: ":use", argument: "BUNDLE", about: "take the modules of a bundle", run: |p, a| p.use_bundle(a) },
    Command { name: ":type", argument: "EXPR", about: "the type of an expression", run: |p, a| p.type_of(a) },
    Command {
        name: ":run",
        argument: "[POLICY]",
        about: "run a policy, or all, over the objects",
        run: |p, a| p.run(a),
    },
    Command { name: ":help", argument: "", about: "this list", run: |p, a| p.help(a) },
    Command { name: ":quit", argument: "", about: "the end (also ctrl-d)", run: |p, a| p.quit(a) },
];

/// Words that begin an item.
const ITEMS: [&str; 10] = ["policy", "fn", "let", "type", "use", "param", "profile", "data", "extern", "test"];

/// The prompt at work.
pub(crate) struct Prompt<'a> {
    session: Session,
    io: &'a mut Io,
    done: bool,
}

/// Reads and answers until the input ends.
pub(crate) fn run(session: Session, io: &mut Io) -> Result<(), Failure> {
    let mut editor = Editor::new(COMMANDS.iter().map(|c| c.name))?;
    if editor.is_terminal() {
        io.print("plimsoll: an expression, a definition, or :help\n")?;
    }
    let mut prompt = Prompt { session, io, done: false };
    while !prompt.done {
        let Some(text) = editor.read(is_whole)? else { break };
        if !text.trim().is_empty() {
            prompt.answer(text.trim())?;
        }
    }
    Ok(())
}

impl Prompt<'_> {
    fn answer(&mut self, text: &str) -> Result<(), Failure> {
        if let Some((before, command)) = command_in(text) {
            if !before.is_empty() {
                let first = before.lines().next().unwrap_or_default();
                self.say(&format!("`{}` was not finished, and is forgotten", clean::clip(&clean::line(first), 60)))?;
            }
            return self.command(command);
        }
        if text.starts_with(':') {
            return self.command(text);
        }
        if is_item(text) {
            return self.define(text);
        }
        match self.session.eval(text) {
            Ok(answer) => self.show(&answer),
            Err(wrong) => self.complain(&wrong),
        }
    }

    fn command(&mut self, text: &str) -> Result<(), Failure> {
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match COMMANDS.iter().find(|c| c.name == name) {
            Some(command) => (command.run)(self, rest.trim()),
            None => {
                let best = plimsoll::dsl::schema::suggest(name, COMMANDS.iter().map(|c| c.name));
                let hint = best.map_or_else(|| "; see :help".to_owned(), |best| format!("; did you mean `{best}`?"));
                self.say(&format!("error: there is no command `{name}`{hint}"))
            }
        }
    }

    fn define(&mut self, text: &str) -> Result<(), Failure> {
        match self.session.define(text) {
            Ok(Defined::Use) => self.say("imported"),
            Ok(Defined::Item(name)) => self.say(&format!("{name} is defined")),
            Ok(Defined::Let(name, type_text)) => self.say(&format!("{name}: {type_text}")),
            Ok(Defined::Policy(name)) => self.run(&name),
            Err(wrong) => self.complain(&wrong),
        }
    }

    /// `"nginx": string?  web.yaml:7:14`
    fn show(&mut self, answer: &Answer) -> Result<(), Failure> {
        let value = answer.value.to_string();
        let short = value.chars().count() <= 100;
        let value = if short { value } else { serde_json::to_string_pretty(&answer.value).unwrap_or(value) };
        let value: Vec<_> = value.lines().map(|line| clean::line(line).into_owned()).collect();
        let place = answer
            .place
            .as_ref()
            .map_or(String::new(), |p| format!("  {}:{}:{}", clean::line(&p.file), p.start.line, p.start.column));
        self.say(&format!("{}: {}{place}", value.join("\n"), answer.type_text))
    }

    fn load(&mut self, path: &str) -> Result<(), Failure> {
        match self.session.load_file(Path::new(path)) {
            Ok(1) => self.say("1 object"),
            Ok(count) => self.say(&format!("{count} objects")),
            Err(wrong) => self.complain(&wrong),
        }
    }

    fn use_bundle(&mut self, path: &str) -> Result<(), Failure> {
        match self.session.add_bundle(Path::new(path)) {
            Ok(()) => self.say("its modules can be imported with `use`, its policies run with `:run`"),
            Err(wrong) => self.complain(&wrong),
        }
    }

    fn type_of(&mut self, expr: &str) -> Result<(), Failure> {
        match self.session.type_of(expr) {
            Ok(text) => self.say(&text),
            Err(wrong) => self.complain(&wrong),
        }
    }

    fn run(&mut self, policy: &str) -> Result<(), Failure> {
        let policy = Some(policy).filter(|p| !p.is_empty());
        match self.session.run(policy) {
            Ok(report) => {
                if let Some(format) = format("text") {
                    let style = Style { color: self.io.color, quiet: false };
                    crate::io::quiet((format.write)(&report, style, &mut self.io.out))?;
                    self.io.print("")?;
                }
                Ok(())
            }
            Err(wrong) => self.complain(&wrong),
        }
    }

    fn help(&mut self, _: &str) -> Result<(), Failure> {
        let mut text =
            String::from("an expression, `let x = …`, or an item of the language: fn, policy, type, use, …\n");
        for Command { name, argument, about, .. } in COMMANDS {
            text.push_str(&format!("{name:6} {argument:9} {about}\n"));
        }
        self.say(text.trim_end())
    }

    fn quit(&mut self, _: &str) -> Result<(), Failure> {
        self.done = true;
        Ok(())
    }

    fn complain(&mut self, wrong: &Wrong) -> Result<(), Failure> {
        let colour = if self.io.color { Colour::Always } else { Colour::Never };
        match wrong {
            Wrong::Text(diagnostics, sources) => self.say(&render_all(diagnostics, sources, colour)),
            Wrong::Eval(_) => self.say(&wrong.to_string()),
            other => self.say(&format!("error: {other}")),
        }
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.io.print(&format!("{text}\n"))?)
    }
}

/// True for a text that begins as an item does, behind comments.
fn is_item(text: &str) -> bool {
    let code = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("//"));
    let word = code.and_then(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_').next());
    word.is_some_and(|word| ITEMS.contains(&word))
}
