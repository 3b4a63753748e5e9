//! Templates of Helm and Go: text with `{{ … }}` that a template engine has still to fill in.
//!
//! A template is told only where reading failed: `name: "{{ x }}"` is YAML, and is read as such. Documents of the same
//! file that could be read stay, so that a template can't hide what stands beside it.

use super::error::{Fault, InputError, InputErrorKind};
use super::node::SourceText;

/// Says of errors that come from a template that it is one: once a file.
pub(super) fn recognise(errors: &mut Vec<InputError>, source: &SourceText) {
    if errors.is_empty() || memchr::memmem::find(source.text.as_bytes(), b"{{").is_none() {
        return;
    }
    let mut seen = false;
    let mut kept = Vec::with_capacity(errors.len());
    for error in errors.drain(..) {
        let caused = matches!(error.kind, InputErrorKind::Yaml | InputErrorKind::Value | InputErrorKind::Json);
        match template_near(&source.text, error.offset as usize).filter(|_| caused) {
            None => kept.push(error),
            Some(_) if seen => {}
            Some((start, end)) => {
                seen = true;
                let message = "is a template: `{{ … }}` has still to be filled in (for a chart, scan what `helm template` makes of it)";
                kept.push(Fault::over(InputErrorKind::Template, start, end, message).locate(source, error.document));
            }
        }
    }
    *errors = kept;
}

/// The first template action of the document around an offset.
fn template_near(text: &str, offset: usize) -> Option<(usize, usize)> {
    let before = text.get(..offset)?;
    let begin = before.rfind("\n---").map_or(0, |at| at.saturating_add(1));
    let rest = text.get(begin..)?;
    let behind = offset.saturating_sub(begin);
    let length = rest.get(behind..)?.find("\n---").map_or(rest.len(), |at| behind.saturating_add(at));
    let mut line_start = begin;
    for line in rest.get(..length)?.split_inclusive('\n') {
        let code = if line.trim_start().starts_with('#') { "" } else { line };
        if let Some(open) = code.find("{{")
            && let Some(close) = code.get(open..).and_then(|tail| tail.find("}}"))
        {
            let start = line_start.saturating_add(open);
            return Some((start, start.saturating_add(close).saturating_add(2)));
        }
        line_start = line_start.saturating_add(line.len());
    }
    None
}
