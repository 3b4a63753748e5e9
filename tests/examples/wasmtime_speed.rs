//! Times of `plimsoll.wasm` in wasmtime, to compare with those of `bindings/npm/tools/bench.mjs`.
//!
//! `cargo run -p plimsoll-tests --example wasmtime_speed -- BUNDLE FILE…` (the code of the module is optimized whatever the
//! profile of the host; only compiling it takes longer in a debug build).

use std::time::Instant;
use wasmtime::{Engine, Error, Instance, Memory, Module, Store, Val};

/// Rounds over all files.
const ROUNDS: u32 = 20;

/// An instance.
struct Host(Store<()>, Instance, Memory);

impl Host {
    fn call(&mut self, name: &str, args: &[i32]) -> Result<i32, Error> {
        let Host(store, instance, _) = self;
        let function = instance.get_func(&mut *store, &format!("plimsoll_{name}"));
        let function = function.ok_or_else(|| Error::msg(format!("there is no export {name}")))?;
        let args: Vec<Val> = args.iter().map(|arg| Val::I32(*arg)).collect();
        let mut out = [Val::I32(0)];
        function.call(store, &args, &mut out)?;
        Ok(out.first().and_then(Val::i32).unwrap_or(-1))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<[i32; 2], Error> {
        let len = i32::try_from(bytes.len())?;
        let at = self.call("alloc", &[len])?;
        self.2.write(&mut self.0, usize::try_from(at)?, bytes)?;
        Ok([at, len])
    }
}

fn main() -> Result<(), Error> {
    let mut args = std::env::args().skip(1);
    let bundle = std::fs::read(args.next().ok_or_else(|| Error::msg("usage: wasmtime_speed BUNDLE FILE…"))?)?;
    let path = plimsoll_tests::modules::module("plimsoll.wasm").ok_or_else(|| Error::msg("there is no module"))?;
    let wasm = std::fs::read(path)?;
    let start = Instant::now();
    let engine = Engine::default();
    let module = Module::new(&engine, wasm)?;
    println!("compiled: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| Error::msg("there is no memory"))?;
    let mut host = Host(store, instance, memory);
    println!("instance: {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let builder = host.call("builder", &[])?;
    let [at, len] = host.put(&bundle)?;
    host.call("builder_bundle", &[builder, at, len])?;
    let [at, len] = host.put(plimsoll_tests::faces::SETTINGS.as_bytes())?;
    host.call("builder_settings", &[builder, at, len])?;
    let engine = host.call("builder_build", &[builder])?;
    let evaluator = host.call("evaluator", &[engine])?;
    println!("engine: {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let files = args.map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for text in &files {
            let [at, len] = host.put(text)?;
            host.call("decide", &[evaluator, 0, 1, at, len, 0, 0])?;
            host.call("free", &[at])?;
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(files.len().max(1))?);
        best = best.min(each);
    }
    println!("best of {ROUNDS} rounds over {} files: {best:.1} µs a decision", files.len());
    Ok(())
}
