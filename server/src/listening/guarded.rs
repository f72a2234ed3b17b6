//! A guarded stream: before the greeting so many bytes may come, and whoever takes no bytes of an answer is left.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// What a connection may do at present; the stream keeps to it, the session changes it.
#[derive(Debug)]
pub(crate) struct Guard {
    /// Bytes that may still be read.
    readable: AtomicUsize,
    /// A session decides itself when it gives up.
    in_session: AtomicBool,
}

/// More came than may come before the greeting.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("more came than may come before the greeting")]
pub(crate) struct TooMuch;

impl Guard {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { readable: AtomicUsize::new(usize::MAX), in_session: AtomicBool::new(false) })
    }

    /// A session begins, of whose greeting so many bytes are read at most.
    pub(crate) fn begin_session(&self, most_bytes: usize) {
        self.readable.store(most_bytes, Ordering::Release);
        self.in_session.store(true, Ordering::Release);
    }

    /// The greeting was read.
    pub(crate) fn greeted(&self) {
        self.readable.store(usize::MAX, Ordering::Release);
    }
}

/// A stream that keeps to its guard.
#[derive(Debug)]
pub(crate) struct Guarded<S> {
    inner: S,
    guard: Arc<Guard>,
    patience: Duration,
    giving_up: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    /// A stream that is given up when it takes nothing for as long as `patience`.
    pub(crate) const fn new(inner: S, guard: Arc<Guard>, patience: Duration) -> Self {
        Self { inner, guard, patience, giving_up: None }
    }

    /// What became of a write, unless it is time to give up.
    fn written<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() || self.guard.in_session.load(Ordering::Acquire) {
            self.giving_up = None;
            return result;
        }
        let patience = self.patience;
        let giving_up = self.giving_up.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(giving_up.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side reads nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let readable = self.guard.readable.load(Ordering::Acquire);
        if readable == 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, TooMuch)));
        }
        let before = into.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, into))?;
        if readable != usize::MAX {
            let read = into.filled().len() - before;
            self.guard.readable.store(readable.saturating_sub(read), Ordering::Release);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.written(context, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_flush(context);
        self.written(context, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_shutdown(context);
        self.written(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        self.written(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
