//! What the module does, natively: times to compare `bindings/npm/tools/bench.mjs` with.
//!
//! `cargo run --release -p plimsoll-wasm --features plimsoll/fast-regex --example native -- BUNDLE FILE…`

use plimsoll::{Engine, Input};
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

/// Rounds over all files.
const ROUNDS: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let bundle = std::fs::read(args.next().ok_or("usage: native BUNDLE FILE…")?)?;
    let files = args.map(|path| Ok((std::fs::read(&path)?, path))).collect::<Result<Vec<_>, std::io::Error>>()?;
    let start = Instant::now();
    let settings = serde_json::json!({ "now": "2026-06-01T00:00:00Z" });
    let engine = Engine::builder().compiled(bundle).configure(&settings)?.build()?;
    println!("engine: {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut evaluator = engine.evaluator();
    let mut best = f64::INFINITY;
    let mut bytes = 0_usize;
    for round in 0..ROUNDS {
        let start = Instant::now();
        bytes = 0;
        for (text, name) in &files {
            let json = black_box(evaluator.decide(&Input::yaml(text).named(name.as_str())).to_json());
            bytes = bytes.saturating_add(json.len());
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(u32::try_from(files.len().max(1))?);
        if round == 0 {
            println!("first round: {each:.1} µs a decision");
        }
        best = best.min(each);
    }
    println!(
        "best of {ROUNDS} rounds over {} files: {best:.1} µs a decision ({bytes} bytes of decisions)",
        files.len()
    );
    Ok(())
}
