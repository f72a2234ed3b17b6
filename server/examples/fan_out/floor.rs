//! The floor: a server that writes every event to every viewer, and does nothing else.

use crate::framing::EVENT_BYTES;
use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpListener;

/// What a connection begins with that publishes, and one that watches.
pub(crate) const PUBLISHES: u8 = b'p';
pub(crate) const WATCHES: u8 = b'w';

/// Says where it listens, takes viewers in until a publisher comes, and ends with that.
pub(crate) fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let mut viewers = Vec::new();
    let publisher = loop {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut role = [0];
        stream.read_exact(&mut role)?;
        stream.write_all(&role)?;
        if role == [PUBLISHES] {
            break stream;
        }
        viewers.push(stream);
    };
    let mut events = BufReader::with_capacity(64 << 10, publisher);
    let mut event = [0; EVENT_BYTES];
    while events.read_exact(&mut event).is_ok() {
        for viewer in &mut viewers {
            viewer.write_all(&event)?;
        }
    }
    Ok(())
}
