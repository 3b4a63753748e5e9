//! A bar on standard error for scans that take long; nothing where nobody watches.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll::scan::Step;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Scans that are done before that show nothing.
const PATIENCE: Duration = Duration::from_millis(700);

/// The bar.
pub(crate) struct Bar {
    begin: Instant,
    bar: Option<ProgressBar>,
    shown: Mutex<bool>,
}

impl Bar {
    /// A bar that shows itself when it takes long, if somebody watches.
    pub(crate) fn new(interactive: bool) -> Bar {
        let bar = interactive.then(|| ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden()));
        Bar { begin: Instant::now(), bar, shown: Mutex::new(false) }
    }

    /// Hears how far the scan is.
    pub(crate) fn step(&self, step: Step) {
        let Some(bar) = &self.bar else { return };
        match step {
            Step::Files(n) | Step::Objects(n) => {
                let what = if matches!(step, Step::Files(_)) { "reading" } else { "judging" };
                bar.set_message(what);
                bar.set_length(n as u64);
                bar.set_position(0);
            }
            Step::Done => bar.inc(1),
        }
        if self.begin.elapsed() > PATIENCE {
            self.show(bar);
        }
    }

    fn show(&self, bar: &ProgressBar) {
        let Ok(mut shown) = self.shown.lock() else { return };
        if !std::mem::replace(&mut *shown, true) {
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}") {
                bar.set_style(style);
            }
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
