//! Values of the host → documents, and nodes → `serde_json` values, without text in between.
//!
//! Such a document has no source: its positions are zeros, its pointers are as good as any.

use super::build::{Builder, Scalar};
use super::error::{Fault, InputError, InputErrorKind};
use super::node::{Document, NodeId, SourceText, Tag};
use super::read::Limits;
use crate::program::symbol::Symbols;
use serde::ser::{self, Serialize};
use serde_json::{Map, Number, Value};
use std::sync::Arc;

impl Document {
    /// A document of a JSON value.
    ///
    /// # Errors
    /// If the value is deeper or larger than the limits.
    pub fn from_value(
        name: &str,
        value: &Value,
        limits: Limits,
        symbols: &Arc<Symbols>,
    ) -> Result<Document, Box<InputError>> {
        Document::from_serialize(name, value, limits, symbols)
    }

    /// A document of anything that serialises, a `k8s_openapi` object for one.
    ///
    /// # Errors
    /// If the value has no JSON form (a key that is no text, a number that is not finite), fails to serialise, or is
    /// deeper or larger than the limits.
    pub fn from_serialize<T: Serialize + ?Sized>(
        name: &str,
        value: &T,
        limits: Limits,
        symbols: &Arc<Symbols>,
    ) -> Result<Document, Box<InputError>> {
        let source = Arc::new(SourceText::new(name, ""));
        let mut builder = Builder::new("", symbols, limits);
        match value.serialize(Writer { builder: &mut builder }) {
            Ok(()) => Ok(builder.finish(source, symbols.clone(), 0)),
            Err(Refused(fault)) => Err(Box::new(fault.locate(&source, 0))),
        }
    }

    /// The JSON value of a node; null for one that is not of this document. Depth is bounded by the reader's limit.
    #[must_use]
    pub fn to_json(&self, id: NodeId) -> Value {
        match self.tag(id) {
            Tag::Null => Value::Null,
            Tag::Bool => Value::Bool(self.bool(id).unwrap_or(false)),
            Tag::Int => Value::Number(self.int(id).unwrap_or(0).into()),
            Tag::Float => self.float(id).and_then(Number::from_f64).map_or(Value::Null, Value::Number),
            Tag::Str => Value::String(self.str(id).to_owned()),
            Tag::List => Value::Array(self.children(id).map(|c| self.to_json(c)).collect()),
            Tag::Map => {
                let members = self.children(id).map(|c| (self.key(c).to_owned(), self.to_json(c)));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

/// Why a value was refused.
#[derive(Debug)]
struct Refused(Fault);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        refused(message.to_string())
    }
}

fn refused(message: impl Into<String>) -> Refused {
    Refused(Fault::at(InputErrorKind::Value, 0, message))
}

/// Serialises into a builder.
struct Writer<'b, 's> {
    builder: &'b mut Builder<'s>,
}

/// An open list or map, or both: a variant with content is a map of one member.
struct Open<'b, 's> {
    builder: &'b mut Builder<'s>,
    levels: usize,
}

impl<'b, 's> Writer<'b, 's> {
    fn put(self, value: Scalar<'_>) -> Result<(), Refused> {
        self.builder.scalar(value, 0, 0, 0).map_err(Refused)
    }

    fn open(self, tag: Tag) -> Result<Open<'b, 's>, Refused> {
        self.builder.open(tag, 0, 0).map_err(Refused)?;
        Ok(Open { builder: self.builder, levels: 1 })
    }

    fn variant(self, name: &str, tag: Tag) -> Result<Open<'b, 's>, Refused> {
        let mut open = self.open(Tag::Map)?;
        open.key(name)?;
        open.builder.open(tag, 0, 0).map_err(Refused)?;
        open.levels = 2;
        Ok(open)
    }
}

impl Open<'_, '_> {
    fn key(&mut self, key: &str) -> Result<(), Refused> {
        self.builder.key(key, usize::MAX, 0, 0).map_err(Refused)
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(Writer { builder: self.builder })
    }

    fn member<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Refused> {
        self.key(key)?;
        self.value(value)
    }

    fn close(self) -> Result<(), Refused> {
        (0..self.levels).try_for_each(|_| self.builder.close(0)).map_err(Refused)
    }
}

/// The methods of whole numbers: those beyond 64 bits with sign become floats, as from text.
macro_rules! integers {
    ($($method:ident $ty:ty),*) => { $(
        #[expect(clippy::cast_precision_loss, reason = "what the JSON reader does with such a number")]
        #[allow(clippy::cast_lossless, reason = "one text for all widths")]
        fn $method(self, n: $ty) -> Result<(), Refused> {
            self.put(i64::try_from(n).map_or(Scalar::Float(n as f64), Scalar::Int))
        }
    )* };
}

/// The methods of small whole numbers.
macro_rules! small_integers {
    ($($method:ident $ty:ty),*) => { $(
        fn $method(self, n: $ty) -> Result<(), Refused> {
            self.put(Scalar::Int(i64::from(n)))
        }
    )* };
}

impl<'b, 's> ser::Serializer for Writer<'b, 's> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Open<'b, 's>;
    type SerializeTuple = Open<'b, 's>;
    type SerializeTupleStruct = Open<'b, 's>;
    type SerializeTupleVariant = Open<'b, 's>;
    type SerializeMap = Open<'b, 's>;
    type SerializeStruct = Open<'b, 's>;
    type SerializeStructVariant = Open<'b, 's>;

    small_integers!(serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64);
    small_integers!(serialize_u8 u8, serialize_u16 u16, serialize_u32 u32);
    integers!(serialize_u64 u64, serialize_i128 i128, serialize_u128 u128);

    fn serialize_bool(self, truth: bool) -> Result<(), Refused> {
        self.put(Scalar::Bool(truth))
    }

    fn serialize_f32(self, n: f32) -> Result<(), Refused> {
        self.serialize_f64(f64::from(n))
    }

    fn serialize_f64(self, n: f64) -> Result<(), Refused> {
        if n.is_finite() { self.put(Scalar::Float(n)) } else { Err(refused("JSON has no number for infinity or NaN")) }
    }

    fn serialize_char(self, c: char) -> Result<(), Refused> {
        self.serialize_str(c.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Refused> {
        self.put(Scalar::Str(text, usize::MAX))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Refused> {
        let mut open = self.open(Tag::List)?;
        bytes.iter().try_for_each(|b| open.value(b))?;
        open.close()
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.put(Scalar::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        self.put(Scalar::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        self.put(Scalar::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Refused> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        let mut open = self.open(Tag::Map)?;
        open.member(variant, value)?;
        open.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'b, 's>, Refused> {
        self.open(Tag::List)
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'b, 's>, Refused> {
        self.open(Tag::List)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'b, 's>, Refused> {
        self.open(Tag::List)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'b, 's>, Refused> {
        self.variant(variant, Tag::List)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'b, 's>, Refused> {
        self.open(Tag::Map)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'b, 's>, Refused> {
        self.open(Tag::Map)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Open<'b, 's>, Refused> {
        self.variant(variant, Tag::Map)
    }
}

/// The traits of what has items: each has one method of its own name.
macro_rules! items {
    ($($part:ident $method:ident),*) => { $(
        impl ser::$part for Open<'_, '_> {
            type Ok = ();
            type Error = Refused;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.value(value)
            }
            fn end(self) -> Result<(), Refused> {
                self.close()
            }
        }
    )* };
}
items!(SerializeSeq serialize_element, SerializeTuple serialize_element);
items!(SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

/// The traits of what has named fields.
macro_rules! fields {
    ($($part:ident),*) => { $(
        impl ser::$part for Open<'_, '_> {
            type Ok = ();
            type Error = Refused;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Refused> {
                self.member(key, value)
            }
            fn end(self) -> Result<(), Refused> {
                self.close()
            }
        }
    )* };
}
fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Open<'_, '_> {
    type Ok = ();
    type Error = Refused;

    /// Keys go through `serde_json`, which knows what it takes as one (text, numbers, truth values).
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        let mut one = serde_json::Serializer::new(Vec::new());
        let mut map = ser::Serializer::serialize_map(&mut one, Some(1)).map_err(ser::Error::custom)?;
        ser::SerializeMap::serialize_entry(&mut map, key, &()).map_err(ser::Error::custom)?;
        ser::SerializeMap::end(map).map_err(ser::Error::custom)?;
        let members: Map<String, Value> = serde_json::from_slice(&one.into_inner()).map_err(ser::Error::custom)?;
        match members.keys().next() {
            Some(key) => self.key(key),
            None => Err(refused("a key must be text")),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), Refused> {
        self.serialize_key(key)?;
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn document<T: Serialize + ?Sized>(value: &T) -> Result<Document, Box<InputError>> {
        Document::from_serialize("host", value, Limits::default(), &Arc::default())
    }

    #[test]
    fn values_come_back_as_they_were() {
        let value =
            json!({"a": [1, -2, 1.5, true, null, "é\n"], "b": {"c": {}, "d": []}, "": 18446744073709551615u64 as f64});
        let d = document(&value).unwrap();
        assert_eq!(d.to_json(NodeId::ROOT), value);
        assert_eq!(d.pointer(d.find("/a/5").unwrap()), "/a/5");
        assert_eq!((d.start(d.find("/a/5").unwrap()).line, d.source().name.as_ref()), (0, "host"));
    }

    #[derive(serde::Serialize)]
    enum Shape {
        Unit,
        New(i32),
        Tuple(u8, char),
        Named { a: Option<f32>, b: () },
    }

    #[test]
    fn everything_serialises_as_serde_json_does() {
        let shapes = [Shape::Unit, Shape::New(-1), Shape::Tuple(1, 'x'), Shape::Named { a: Some(0.5), b: () }];
        assert_eq!(document(&shapes).unwrap().to_json(NodeId::ROOT), serde_json::to_value(&shapes).unwrap());
        let keys = BTreeMap::from([(1u16, true), (2, false)]);
        assert_eq!(document(&keys).unwrap().to_json(NodeId::ROOT), json!({"1": true, "2": false}));
        let large = (u64::MAX, i128::MIN, 7u128);
        assert_eq!(
            document(&large).unwrap().to_json(NodeId::ROOT),
            json!([1.8446744073709552e19, -1.7014118346046923e38, 7])
        );
    }

    #[test]
    fn what_has_no_json_form_is_refused() {
        assert_eq!(document(&f64::NAN).unwrap_err().code, "E0708");
        assert!(document(&BTreeMap::from([((1, 2), 3)])).is_err());
        let mut deep = json!(1);
        for _ in 0..600 {
            deep = json!([deep]);
        }
        assert_eq!(document(&deep).unwrap_err().code, "E0704");
    }

    #[test]
    fn text_and_value_give_the_same_nodes() {
        let value = json!({"kind": "Pod", "spec": {"containers": [{"name": "a"}]}});
        let read =
            crate::document::read("x.json", value.to_string().as_bytes(), &crate::document::ReadOptions::default());
        let from = document(&value).unwrap();
        let shape = |d: &Document| {
            (0..d.len() as u32).map(|i| (d.tag(NodeId(i)), d.node(NodeId(i)).unwrap().skip)).collect::<Vec<_>>()
        };
        assert_eq!(shape(&from), shape(&read.documents[0]));
    }
}
