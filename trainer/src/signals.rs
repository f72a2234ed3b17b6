//! Signals of the system, as what the training loop hears.

use crate::Error;
use crate::connection::Inbound;
#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
#[cfg(unix)]
use signal_hook::flag;
#[cfg(unix)]
use signal_hook::iterator::Signals;
use std::io::Read as _;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
#[cfg(unix)]
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Time that a run has to save and end when its host is gone.
const ENDING: Duration = Duration::from_secs(20);

/// Ctrl-C, SIGTERM and the end of the terminal end the run, a second one ends waiting for the relay, and a third the process at once. Whoever
/// began it with `nohup` wants it to outlive the terminal.
#[cfg(unix)]
pub(crate) fn interrupt(sender: mpsc::Sender<Inbound>) -> Result<(), Error> {
    let hang_up = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    let mut signals = Signals::new([SIGINT, SIGTERM].into_iter().chain(hang_up)).map_err(Error::Signal)?;
    let hear = move || signals.forever().for_each(counted(sender));
    std::thread::Builder::new().name("signals".into()).spawn(hear)?;
    Ok(())
}

/// Ctrl-C ends the run, a second one ends waiting for the relay, and a third the process at once.
#[cfg(not(unix))]
pub(crate) fn interrupt(sender: mpsc::Sender<Inbound>) -> Result<(), Error> {
    let mut heard = counted(sender);
    ctrlc::set_handler(move || heard(0)).map_err(|error| Error::Signal(std::io::Error::other(error)))
}

/// Whether a signal asked this process to end while it has the terminal, which is to be given back as it was first. A second one ends
/// it at once. Signals are heard from the first call on.
#[cfg(unix)]
pub(crate) fn has_come() -> bool {
    static CAME: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // What cannot be caught ends the process, as it would have.
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&came)).ok();
            flag::register(signal, Arc::clone(&came)).ok();
        }
        came
    });
    CAME.load(Ordering::Relaxed)
}

/// Keys alone end it here.
#[cfg(not(unix))]
pub(crate) const fn has_come() -> bool {
    false
}

/// Lets a write beyond the size that files may have here fail, as one on a full disk does, instead of ending the process.
#[cfg(unix)]
pub fn outlive_large_files() {
    const SIGXFSZ: i32 = nix::sys::signal::Signal::SIGXFSZ as i32;
    // Where it cannot be caught, such a write ends the process, as it would have.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).ok();
}

/// There is no such signal here.
#[cfg(not(unix))]
pub const fn outlive_large_files() {}

/// What every signal does.
fn counted(sender: mpsc::Sender<Inbound>) -> impl FnMut(i32) {
    let mut signals = 0;
    move |_| {
        signals += 1;
        if signals > 2 || sender.send(Inbound::Interrupt).is_err() {
            std::process::exit(130);
        }
    }
}

/// Whether this process was begun so that it does not hear a signal. Only Linux tells it without a call that no library makes safe.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_in_mask(&status, signal))
}

#[cfg(unix)]
fn is_in_mask(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Lets the system end this process when the one that started it dies, by whatever; ends it at once if that has died already.
#[cfg(unix)]
pub(crate) fn die_with(parent: u32) -> Result<(), Error> {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM).map_err(std::io::Error::from)?;
    if nix::unistd::getppid().as_raw() != parent as i32 {
        return Err(Error::Orphan);
    }
    Ok(())
}

/// Ends the run when the standard input does, which whoever started this process holds open as long as it lives: where the system
/// tells nobody of a parent's death, and beside that where it does.
pub(crate) fn end_with_input(sender: mpsc::Sender<Inbound>) -> Result<(), Error> {
    let watch = move || {
        let mut rest = [0; 64];
        while std::io::stdin().read(&mut rest).is_ok_and(|count| count > 0) {}
        sender.send(Inbound::Interrupt).ok();
        std::thread::sleep(ENDING);
        // It had its time, and nobody is there to wait for it.
        std::process::exit(1);
    };
    std::thread::Builder::new().name("lifeline".into()).spawn(watch)?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read_from_its_right_end() {
        let status = |mask: &str| format!("Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t{mask}\nSigCgt:\t0\n");
        assert!(is_in_mask(&status("0000000000000001"), SIGHUP));
        assert!(!is_in_mask(&status("0000000000001000"), SIGHUP));
        assert!(is_in_mask(&status("0000000000004002"), SIGTERM) && is_in_mask(&status("0000000000004002"), SIGINT));
        assert!(!is_in_mask("", SIGHUP) && !is_in_mask(&status("none"), SIGHUP));
    }
}
