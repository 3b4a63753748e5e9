//! Operators, by the kinds of the values.

use super::value::{Data, Fault, Node, Res, Val, compare, equal, fault, map_of, set_of, wrong_kind};
use plimsoll_dsl::syntax::ast::BinaryOp;
use plimsoll_engine::scalar::regex::Pattern;
use plimsoll_engine::scalar::{Scalar, glob, time};
use std::cmp::Ordering;
use std::rc::Rc;

/// `a op b` for every operator that needs both sides.
pub fn binary(op: BinaryOp, a: &Val, b: &Val) -> Res<Val> {
    Ok(match op {
        BinaryOp::Eq => equal(a, b)?.into(),
        BinaryOp::Ne => (!equal(a, b)?).into(),
        BinaryOp::Lt => (order(a, b)? == Ordering::Less).into(),
        BinaryOp::Le => (order(a, b)? != Ordering::Greater).into(),
        BinaryOp::Gt => (order(a, b)? == Ordering::Greater).into(),
        BinaryOp::Ge => (order(a, b)? != Ordering::Less).into(),
        BinaryOp::In => contains(b, a)?.into(),
        BinaryOp::NotIn => (!contains(b, a)?).into(),
        BinaryOp::Matches => {
            let text = a.text()?;
            let Data::Regex(pattern) = &b.data else { return wrong_kind("expected a regex", b) };
            Pattern::new(pattern).map_err(|why| Fault { code: "E0801", why })?.is_match(text).into()
        }
        BinaryOp::Like => glob::matches(b.text()?, a.text()?).into(),
        BinaryOp::Join => join(a, b)?,
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => arithmetic(op, a, b)?,
        BinaryOp::And | BinaryOp::Or | BinaryOp::OrElse => return fault("E0909", "evaluated elsewhere"),
    })
}

/// `-a`
pub fn negate(a: &Val) -> Res<Val> {
    Ok(match a.data {
        Data::Int(i) => Data::Int(i.checked_neg().ok_or_else(overflow)?).into(),
        Data::Float(f) => Data::Float(-f).into(),
        Data::Duration(d) => Data::Duration(d.checked_neg().ok_or_else(overflow)?).into(),
        _ => return wrong_kind("expected a number or duration", a),
    })
}

/// Only values of one kind that has an order have one.
fn order(a: &Val, b: &Val) -> Res<Ordering> {
    match (&a.data, &b.data) {
        (Data::Int(_) | Data::Float(_), Data::Int(_) | Data::Float(_))
        | (Data::Str(_), Data::Str(_))
        | (Data::Duration(_), Data::Duration(_))
        | (Data::Version(_), Data::Version(_))
        | (Data::Image(_), Data::Image(_)) => compare(a, b),
        (Data::Scalar(x), Data::Scalar(y)) if x.kind() == y.kind() => compare(a, b),
        _ => fault("E0801", format!("no order between {} and {}", a.kind_name(), b.kind_name())),
    }
}

/// `item in of`
pub fn contains(of: &Val, item: &Val) -> Res<bool> {
    if let Some(parts) = of.parts() {
        for part in parts {
            if equal(&part.load()?, item)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match (&of.data, &item.data) {
        (Data::Map(members), _) => {
            for (key, _) in members.iter() {
                if equal(key, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (Data::Record(fields), Data::Str(name)) => Ok(fields.iter().any(|(k, v)| k == name && !v.is_null())),
        (Data::Tree(tree), Data::Str(name)) => match &tree.kind {
            // A key is there whatever is wrong with its value.
            Node::Map(members) => Ok(members.iter().any(|(k, t)| k == name && !matches!(t.kind, Node::Null))),
            _ => wrong_kind("expected a container", of),
        },
        (Data::Record(_) | Data::Tree(_), _) => Ok(false),
        (Data::Scalar(Scalar::Cidr(net)), Data::Scalar(Scalar::Ip(ip))) => Ok(net.contains(ip)),
        (Data::Scalar(Scalar::Cidr(net)), Data::Scalar(Scalar::Cidr(inner))) => Ok(net.contains(inner)),
        (Data::Scalar(Scalar::Cidr(_)), _) => wrong_kind("expected an ip or cidr", item),
        _ => wrong_kind("expected a container", of),
    }
}

/// `a ++ b`: lists one after the other, sets united, of maps the right one wins.
fn join(a: &Val, b: &Val) -> Res<Val> {
    match (a.kind_name(), b.kind_name()) {
        // An `any` that is null is empty here.
        ("null", _) => return Ok(b.clone()),
        (_, "null") => return Ok(a.clone()),
        ("list", "list") => {
            let mut items = a.items()?.unwrap_or_default();
            items.extend(b.items()?.unwrap_or_default());
            return Ok(Data::List(Rc::new(items)).into());
        }
        ("set", "set") => {
            let mut items = a.items()?.unwrap_or_default();
            items.extend(b.items()?.unwrap_or_default());
            return set_of(items);
        }
        _ => {}
    }
    let (Some(left), Some(right)) = (a.members()?, b.members()?) else {
        return fault("E0801", format!("no `++` between {} and {}", a.kind_name(), b.kind_name()));
    };
    let mut pairs = Vec::new();
    for (key, value) in left {
        let mut replaced = false;
        for (other, _) in &right {
            replaced |= equal(&key, other)?;
        }
        if !replaced {
            pairs.push((key, value));
        }
    }
    pairs.extend(right);
    map_of(pairs)
}

fn overflow() -> Fault {
    Fault { code: "E0803", why: "the result does not fit".into() }
}

fn int(value: Option<i64>) -> Res<Val> {
    Ok(Data::Int(value.ok_or_else(overflow)?).into())
}

fn duration(value: Option<i64>) -> Res<Val> {
    Ok(Data::Duration(value.ok_or_else(overflow)?).into())
}

#[expect(clippy::cast_precision_loss, reason = "an int that meets a float becomes one")]
fn number(value: &Val) -> Option<f64> {
    match value.data {
        Data::Int(i) => Some(i as f64),
        Data::Float(f) => Some(f),
        _ => None,
    }
}

fn arithmetic(op: BinaryOp, a: &Val, b: &Val) -> Res<Val> {
    use BinaryOp::{Add, Div, Mul, Rem, Sub};
    if let (Data::Int(x), Data::Int(y)) = (&a.data, &b.data) {
        match op {
            Add => return int(x.checked_add(*y)),
            Sub => return int(x.checked_sub(*y)),
            Mul => return int(x.checked_mul(*y)),
            Rem if *y != 0 => return int(x.checked_rem(*y)),
            _ => {}
        }
    }
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return float(op, x, y);
    }
    if let (Data::Scalar(x), Data::Scalar(y)) = (&a.data, &b.data) {
        match (op, x, y) {
            (Add, Scalar::Quantity(x), Scalar::Quantity(y)) => return quantity(x.checked_add(*y)),
            (Sub, Scalar::Quantity(x), Scalar::Quantity(y)) => return quantity(x.checked_sub(*y)),
            (Div, Scalar::Quantity(x), Scalar::Quantity(y)) => return float(op, x.value(), y.value()),
            (Sub, Scalar::Time(x), Scalar::Time(y)) => return duration(time::checked_sub(*x, *y)),
            _ => {}
        }
    }
    match (op, &a.data, &b.data) {
        (Add, Data::Duration(x), Data::Duration(y)) => duration(x.checked_add(*y)),
        (Sub, Data::Duration(x), Data::Duration(y)) => duration(x.checked_sub(*y)),
        (Rem, Data::Duration(_), Data::Duration(0)) => fault("E0803", "division by zero"),
        (Rem, Data::Duration(x), Data::Duration(y)) => duration(x.checked_rem(*y)),
        #[expect(clippy::cast_precision_loss, reason = "a ratio is a float")]
        (Div, Data::Duration(x), Data::Duration(y)) => float(op, *x as f64, *y as f64),
        (Mul, Data::Duration(d), Data::Int(n)) | (Mul, Data::Int(n), Data::Duration(d)) => duration(d.checked_mul(*n)),
        (Mul, Data::Scalar(Scalar::Quantity(q)), Data::Int(n))
        | (Mul, Data::Int(n), Data::Scalar(Scalar::Quantity(q))) => quantity(q.scale(*n)),
        (Add, Data::Scalar(Scalar::Time(t)), Data::Duration(d))
        | (Add, Data::Duration(d), Data::Scalar(Scalar::Time(t))) => {
            Ok(Data::Scalar(Scalar::Time(time::checked_add(*t, *d).ok_or_else(overflow)?)).into())
        }
        (Sub, Data::Scalar(Scalar::Time(t)), Data::Duration(d)) => {
            let back = d.checked_neg().ok_or_else(overflow)?;
            Ok(Data::Scalar(Scalar::Time(time::checked_add(*t, back).ok_or_else(overflow)?)).into())
        }
        (Add, Data::Str(x), Data::Str(y)) => Ok(Val::from(&*format!("{x}{y}"))),
        _ => fault("E0801", format!("no {op:?} between {} and {}", a.kind_name(), b.kind_name())),
    }
}

fn float(op: BinaryOp, a: f64, b: f64) -> Res<Val> {
    Ok(Data::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        _ if b == 0.0 => return fault("E0803", "division by zero"),
        BinaryOp::Div => a / b,
        _ => a % b,
    })
    .into())
}

fn quantity(value: Option<plimsoll_engine::scalar::quantity::Quantity>) -> Res<Val> {
    Ok(Data::Scalar(Scalar::Quantity(value.ok_or_else(overflow)?)).into())
}
