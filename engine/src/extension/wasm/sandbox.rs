//! The sandbox: how modules are compiled, and what an instance may use.

use super::error::{ExtensionError, words};
use wasmtime::{Config, Engine, OperatorCost, ResourceLimiter, Store};

/// Limits of a module and of each of its calls. Each has an error of its own, and none depends on time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WasmLimits {
    /// Bytes of a module.
    pub module: usize,
    /// Functions of a module, those that it imports among them; and as many types of functions. The compiler works on each,
    /// however short.
    pub functions: u32,
    /// Instructions of a call, its start included; each byte that is copied or filled at once counts as one.
    pub instructions: u64,
    /// Bytes of an instance's memory; growing beyond gives -1 to the module.
    pub memory: usize,
    /// Elements of a table.
    pub table: usize,
    /// Bytes of stack, as the machine uses them. The thread that evaluates must have them left.
    pub stack: usize,
    /// Bytes of the arguments of a call, and of its result.
    pub message: usize,
    /// Bytes of calls that a function remembers.
    pub remembered: usize,
}

impl Default for WasmLimits {
    fn default() -> Self {
        WasmLimits {
            module: 4 << 20,
            functions: 20_000,
            instructions: 100_000_000,
            memory: 64 << 20,
            table: 20_000,
            stack: 256 << 10,
            message: 1 << 20,
            remembered: 4 << 20,
        }
    }
}

/// What a `memory.grow` costs by itself: a system call.
const GROW: u8 = 255;

/// A compiler and what it compiles for. No signal handlers: an extension must not change the program that it is part of.
pub(super) fn engine(limits: &WasmLimits) -> Result<Engine, ExtensionError> {
    let mut cost = OperatorCost::new();
    cost.MemoryGrow = GROW;
    cost.TableGrow = GROW;
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(cost)
        .max_wasm_stack(limits.stack)
        .signals_based_traps(false)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(cfg!(windows))
        .generate_address_map(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        // All that a memory may become is set aside, unused, so that growing copies nothing.
        .memory_reservation(limits.memory as u64)
        .memory_reservation_for_growth(0)
        .memory_guard_size(0);
    Engine::new(&config).map_err(|e| ExtensionError::NotWasm(words(&e)))
}

/// The data of a store: what its instance may use.
#[derive(Debug)]
pub(super) struct Sandbox {
    memory: usize,
    table: usize,
    /// Bytes of arguments and results, also of granted functions.
    pub(super) message: usize,
}

impl ResourceLimiter for Sandbox {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= self.memory)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= self.table)
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        4
    }

    fn memories(&self) -> usize {
        1
    }
}

/// A store with fuel for one call.
pub(super) fn store(engine: &Engine, limits: &WasmLimits, fuel: u64) -> wasmtime::Result<Store<Sandbox>> {
    let sandbox = Sandbox { memory: limits.memory, table: limits.table, message: limits.message };
    let mut store = Store::new(engine, sandbox);
    store.limiter(|sandbox| sandbox);
    store.set_fuel(fuel)?;
    Ok(store)
}
