//! Signals of the system, as what the training loop hears.

use crate::Error;
use crate::connection::Inbound;
use std::io::Read as _;
use std::sync::mpsc;
use std::time::Duration;

/// Time that a run has to save and end when its host is gone.
const ENDING: Duration = Duration::from_secs(20);

/// Ctrl-C and SIGTERM end the run, a second one ends waiting for the relay, and a third the process at once.
pub(crate) fn interrupt(sender: mpsc::Sender<Inbound>) -> Result<(), Error> {
    let mut signals = 0;
    ctrlc::set_handler(move || {
        signals += 1;
        if signals > 2 || sender.send(Inbound::Interrupt).is_err() {
            std::process::exit(130);
        }
    })?;
    Ok(())
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
