//! The exports.
//!
//! SAFETY of all of them: pointers are those that the header asks for; every function says so under `# Safety`, and each block
//! passes on just that. Names begin with `plimsoll_`, which no other symbol of a program has, so that `no_mangle` replaces none.
#![expect(unsafe_code, reason = "the ABI of C: pointers of the host, exported names")]

mod function;
mod pointer;

use crate::calls::{self, BuilderState, DecisionState, EvaluatorState, InventoryState};
use crate::fault::Fault;
pub use crate::fault::Status;
use function::Host;
pub use function::{Answer, Drop, Function, plimsoll_answer_write};
use pointer::{Kind, bytes, free, give, look, place, text};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, RwLock};

/// The version of this ABI. 0 is not frozen.
pub const ABI_VERSION: u32 = 0;
/// An input is JSON.
pub const JSON: u32 = 0;
/// An input is YAML.
pub const YAML: u32 = 1;
/// An input is JSON that is well-formed by the host's word.
pub const TRUSTED_JSON: u32 = 2;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($value:ty) = $tag:literal, $said:literal;)*) => {$(
        impl Kind for $name {
            type Value = $value;
            const TAG: u64 = u64::from_le_bytes(*$tag);
            const NAME: &'static str = $said;
        }
    )*};
}

/// An engine in the making. One thread at a time.
pub struct Builder(());
/// Policies with all that they are told. Any number of threads.
pub struct Engine(());
/// A thread's scratch. One thread at a time.
pub struct Evaluator(());
/// Objects that policies join with. Any number of threads.
pub struct Inventory(());
/// What came of an input. Any number of threads.
pub struct Decision(());
/// Why a call failed. Any number of threads.
pub struct Error(());

kinds! {
    Builder(BuilderState) = b"plimbuil", "builder";
    Engine(plimsoll::Engine) = b"plimengi", "engine";
    Evaluator(EvaluatorState) = b"plimeval", "evaluator";
    Inventory(InventoryState) = b"pliminve", "inventory";
    Decision(DecisionState) = b"plimdeci", "decision";
    Error(Fault) = b"plimerro", "error";
}

/// Runs a call: a panic is a status, and an error is put where the host wants it.
///
/// # Safety
/// `error` is NULL, or a pointer can be written there.
unsafe fn call(error: *mut *mut Error, run: impl FnOnce() -> Result<(), Fault>) -> Status {
    let panic = || Fault::new(Status::Panic, "the library has an error of its own");
    let fault = match catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|cause| {
        // What was thrown may throw again when it is dropped.
        std::mem::forget(cause);
        Err(panic())
    }) {
        Ok(()) => return Status::Ok,
        Err(fault) => fault,
    };
    let status = fault.status;
    if !error.is_null() {
        // SAFETY: as the caller says.
        unsafe { error.write(give::<Error>(fault)) };
    }
    status
}

/// The version of the ABI; this library's is to equal `PLIMSOLL_ABI_VERSION` of the header.
#[unsafe(no_mangle)]
pub extern "C" fn plimsoll_abi_version() -> u32 {
    ABI_VERSION
}

/// Makes a builder.
///
/// # Safety
/// `out` and `error` are NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_builder_new(out: *mut *mut Builder, error: *mut *mut Error) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            place(out)?.write(give::<Builder>(Mutex::default()));
            Ok(())
        })
    }
}

/// Adds a compiled bundle (`.plb`). The bytes are copied; they are verified when the engine is built.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_builder_bundle(
    builder: *mut Builder,
    data: *const u8,
    len: usize,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(error, || calls::bundle(look(builder)?, bytes(data, len)?)) }
}

/// Adds policies by path: a folder, a `.plim` file, a `.plb`, or `owasp`, the built-in ones. They are read when the engine is built.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_builder_path(
    builder: *mut Builder,
    path: *const u8,
    path_len: usize,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(error, || calls::path(look(builder)?, text(path, path_len)?)) }
}

/// Adds settings, a JSON object. What is refused leaves the builder as it was.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_builder_settings(
    builder: *mut Builder,
    json: *const u8,
    json_len: usize,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(error, || calls::settings(look(builder)?, bytes(json, json_len)?)) }
}

/// Adds a function of the host for an `extern fn`. `drop` (or NULL) is called once with `user` when nothing can call the function any more; if this call fails, it is not called.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_builder_function(
    builder: *mut Builder,
    name: *const u8,
    name_len: usize,
    function: Function,
    user: *mut c_void,
    drop: Drop,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let (builder, name) = (look(builder)?, text(name, name_len)?);
            let wrong = || Fault::new(Status::Argument, "the function is NULL");
            let mut state = calls::own(builder)?;
            // Last, so that `drop` is not called where this call fails.
            let host = Host::new(function, user, drop).ok_or_else(wrong)?;
            state.0 = std::mem::take(&mut state.0).function(name, host);
            Ok(())
        })
    }
}

/// Builds an engine. The builder stays as it is.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_builder_build(
    builder: *const Builder,
    out: *mut *mut Engine,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            let engine = calls::build(look(builder)?)?;
            out.write(give::<Engine>(engine));
            Ok(())
        })
    }
}

/// A second handle of an engine, for an owner of its own.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_engine_share(
    engine: *const Engine,
    out: *mut *mut Engine,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            let engine = look(engine)?;
            out.write(give::<Engine>(engine.clone()));
            Ok(())
        })
    }
}

/// Makes an evaluator. It may outlive the handle of its engine.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_evaluator_new(
    engine: *const Engine,
    out: *mut *mut Evaluator,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            let engine = look(engine)?;
            let evaluator = Mutex::new(engine.evaluator());
            out.write(give::<Evaluator>(EvaluatorState { evaluator, engine: calls::number(engine) }));
            Ok(())
        })
    }
}

/// Makes an empty inventory. It may outlive the handle of its engine.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_inventory_new(
    engine: *const Engine,
    out: *mut *mut Inventory,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            let engine = look(engine)?;
            let inventory = RwLock::new(engine.inventory());
            out.write(give::<Inventory>(InventoryState { inventory, engine: calls::number(engine) }));
            Ok(())
        })
    }
}

/// Adds the objects of an input in the place of those of the same identities. If it cannot be read, nothing is added.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_inventory_insert(
    inventory: *mut Inventory,
    format: u32,
    data: *const u8,
    len: usize,
    name: *const u8,
    name_len: usize,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let input = calls::input(format, bytes(data, len)?, text(name, name_len)?)?;
            calls::change(look(inventory)?, |inventory| inventory.insert(&input))
        })
    }
}

/// Puts the objects of an input in the place of all. No bytes are no object.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_inventory_replace(
    inventory: *mut Inventory,
    format: u32,
    data: *const u8,
    len: usize,
    name: *const u8,
    name_len: usize,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let input = calls::input(format, bytes(data, len)?, text(name, name_len)?)?;
            calls::change(look(inventory)?, |inventory| inventory.replace_all((len > 0).then_some(input)))
        })
    }
}

/// Takes out the objects of an identity, `{ "group", "kind", "namespace", "name" }`; `found` (or NULL) is whether there was one.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_inventory_remove(
    inventory: *mut Inventory,
    identity: *const u8,
    identity_len: usize,
    found: *mut bool,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let identity = calls::identity(bytes(identity, identity_len)?)?;
            let was = calls::change(look(inventory)?, |inventory| Ok(inventory.remove(&identity)))?;
            if !found.is_null() {
                found.write(was);
            }
            Ok(())
        })
    }
}

/// Says that every object of every kind is in.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_inventory_complete(inventory: *mut Inventory, error: *mut *mut Error) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            calls::change(look(inventory)?, |inventory| {
                inventory.set_all_complete();
                Ok(())
            })
        })
    }
}

/// How many objects there are.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_inventory_len(
    inventory: *const Inventory,
    out: *mut usize,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            out.write(calls::change(look(inventory)?, |inventory| Ok(inventory.len()))?);
            Ok(())
        })
    }
}

/// Judges an input: objects or an admission request, by its shape. `inventory` may be NULL. An input that is refused is a decision that does not allow.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_evaluator_decide(
    evaluator: *mut Evaluator,
    inventory: *const Inventory,
    format: u32,
    data: *const u8,
    len: usize,
    name: *const u8,
    name_len: usize,
    out: *mut *mut Decision,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            let input = calls::input(format, bytes(data, len)?, text(name, name_len)?)?;
            let beside = if inventory.is_null() { None } else { Some(look(inventory)?) };
            out.write(give::<Decision>(calls::decide(look(evaluator)?, beside, &input)?));
            Ok(())
        })
    }
}

/// Judges an inventory as a whole: the policies on the cluster.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_evaluator_decide_cluster(
    evaluator: *mut Evaluator,
    inventory: *const Inventory,
    out: *mut *mut Decision,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            out.write(give::<Decision>(calls::decide_cluster(look(evaluator)?, look(inventory)?)?));
            Ok(())
        })
    }
}

/// Whether the input is allowed.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_decision_allowed(
    decision: *const Decision,
    out: *mut bool,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let out = place(out)?;
            out.write(look(decision)?.decision.allowed);
            Ok(())
        })
    }
}

/// The Decision JSON. It is the decision's, until that is freed; there is no NUL behind it.
///
/// # Safety
/// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_decision_json(
    decision: *const Decision,
    data: *mut *const u8,
    len: *mut usize,
    error: *mut *mut Error,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(error, || {
            let (data, len) = (place(data)?, place(len)?);
            let json = &look(decision)?.json;
            data.write(json.as_ptr());
            len.write(json.len());
            Ok(())
        })
    }
}

/// What an error says: its status, code (no bytes if it has none) and message. They are the error's, until that is freed.
/// Out-parameters may be NULL.
///
/// # Safety
/// The handle is NULL or a live one of this library; out-parameters are NULL or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_error_get(
    error: *const Error,
    code: *mut *const u8,
    code_len: *mut usize,
    message: *mut *const u8,
    message_len: *mut usize,
) -> Status {
    // SAFETY: as the caller says.
    unsafe {
        call(std::ptr::null_mut(), || {
            let fault = look(error)?;
            for (text, data, len) in [(fault.code, code, code_len), (&fault.message, message, message_len)] {
                if !data.is_null() {
                    data.write(text.as_ptr());
                }
                if !len.is_null() {
                    len.write(text.len());
                }
            }
            Ok(())
        })
    }
}

/// Frees a builder; NULL is none.
///
/// # Safety
/// The handle is NULL or a live one of this library, and nobody uses it now or later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_builder_free(builder: *mut Builder) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(std::ptr::null_mut(), || free(builder)) }
}

/// Frees an engine; NULL is none.
///
/// # Safety
/// The handle is NULL or a live one of this library, and nobody uses it now or later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_engine_free(engine: *mut Engine) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(std::ptr::null_mut(), || free(engine)) }
}

/// Frees an evaluator; NULL is none.
///
/// # Safety
/// The handle is NULL or a live one of this library, and nobody uses it now or later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_evaluator_free(evaluator: *mut Evaluator) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(std::ptr::null_mut(), || free(evaluator)) }
}

/// Frees an inventory; NULL is none.
///
/// # Safety
/// The handle is NULL or a live one of this library, and nobody uses it now or later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_inventory_free(inventory: *mut Inventory) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(std::ptr::null_mut(), || free(inventory)) }
}

/// Frees a decision; NULL is none.
///
/// # Safety
/// The handle is NULL or a live one of this library, and nobody uses it now or later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_decision_free(decision: *mut Decision) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(std::ptr::null_mut(), || free(decision)) }
}

/// Frees an error; NULL is none.
///
/// # Safety
/// The handle is NULL or a live one of this library, and nobody uses it now or later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn plimsoll_error_free(error: *mut Error) -> Status {
    // SAFETY: as the caller says.
    unsafe { call(std::ptr::null_mut(), || free(error)) }
}
