//! What a host hands over to be judged: text, a value, anything that serialises.

use plimsoll_engine::document::{self, Document, Format, InputError, InputErrorKind, Limits, ReadOptions};
use plimsoll_engine::program::Symbols;
use serde::Serialize;
use std::sync::Arc;

/// An input: one object or several, or an admission request.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    name: String,
    what: What<'a>,
}

#[derive(Clone, Debug)]
enum What<'a> {
    Text(&'a [u8], Format),
    Value(&'a serde_json::Value),
    Made(Result<serde_json::Value, String>),
}

impl<'a> Input<'a> {
    /// JSON text: one value, or several one behind the other.
    #[must_use]
    pub fn json(bytes: &'a [u8]) -> Input<'a> {
        Input { name: "input.json".to_owned(), what: What::Text(bytes, Format::JsonLines) }
    }

    /// JSON text that is well formed by the host's word. Today it is read as any other.
    #[must_use]
    pub fn trusted_json(bytes: &'a [u8]) -> Input<'a> {
        Input::json(bytes)
    }

    /// YAML text, perhaps with several documents.
    #[must_use]
    pub fn yaml(bytes: &'a [u8]) -> Input<'a> {
        Input { name: "input.yaml".to_owned(), what: What::Text(bytes, Format::Yaml) }
    }

    /// A JSON value.
    #[must_use]
    pub fn value(value: &'a serde_json::Value) -> Input<'a> {
        Input { name: "input".to_owned(), what: What::Value(value) }
    }

    /// Anything that serialises: an object of `k8s_openapi`, for one.
    #[must_use]
    pub fn object<T: Serialize + ?Sized>(object: &T) -> Input<'static> {
        let made = serde_json::to_value(object).map_err(|error| error.to_string());
        Input { name: "input".to_owned(), what: What::Made(made) }
    }

    /// The name that findings show as their file.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Input<'a> {
        self.name = name.into();
        self
    }

    /// The name that findings show.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its documents, read with the names of a program, and what could not be read.
    pub(crate) fn read(&self, symbols: &Arc<Symbols>) -> (Vec<Arc<Document>>, Vec<InputError>) {
        let of_value = |value: &serde_json::Value| {
            let document = Document::from_value(&self.name, value, Limits::default(), symbols);
            document.map_or_else(|error| (Vec::new(), vec![*error]), |d| (vec![Arc::new(d)], Vec::new()))
        };
        match &self.what {
            What::Text(bytes, format) => {
                let options = ReadOptions { format: *format, symbols: symbols.clone(), ..ReadOptions::default() };
                let read = document::read(&self.name, bytes, &options);
                (read.documents, read.errors)
            }
            What::Value(value) => of_value(value),
            What::Made(Ok(value)) => of_value(value),
            What::Made(Err(why)) => {
                let kind = InputErrorKind::Value;
                let message = format!("the object has no JSON form: {why}");
                (Vec::new(), vec![input_error(kind, &message, &self.name.as_str().into())])
            }
        }
    }
}

/// An error of a whole file.
pub(crate) fn input_error(kind: InputErrorKind, message: &str, file: &Arc<str>) -> InputError {
    let start = document::Position { line: 1, column: 1 };
    InputError {
        kind,
        code: kind.code(),
        message: message.to_owned(),
        file: file.clone(),
        document: 0,
        pointer: String::new(),
        offset: 0,
        start,
        end: start,
    }
}
