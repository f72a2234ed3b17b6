//! Signals of the system, as what the training loop hears.

use crate::Error;
use crate::connection::Inbound;
use std::sync::mpsc;

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
