//! What the page asks of the outside: a worker, a relay, the browser's storage, a link.
