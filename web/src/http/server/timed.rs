//! Timed connections: whoever begins a head has to end it within the limit, also on a connection that was kept.

use std::cell::Cell;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// What connections go over.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Socket for T {}

/// How long what may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A head, from its first byte on.
    pub(crate) head: Duration,
    /// From an answer to the end of the next head.
    pub(crate) idle: Duration,
}

/// A connection, as those see it who answer what comes over it.
#[derive(Debug)]
pub(crate) struct Line {
    /// Whether it speaks TLS.
    pub(crate) is_secured: bool,
    /// Whether all that came was answered, so that the next thing is a head. The first head is timed by whoever reads it.
    awaits_head: Cell<bool>,
}

impl Line {
    /// A head has arrived; the next one is awaited once what is given is dropped.
    pub(crate) fn answering(self: &Rc<Self>) -> Answering {
        self.awaits_head.set(false);
        Answering(Rc::clone(self))
    }
}

/// A request is being answered.
pub(crate) struct Answering(Rc<Line>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.awaits_head.set(true);
    }
}

/// How far the head that is awaited has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// None is awaited.
    None,
    /// Nothing of it has come.
    Awaited,
    /// Some of it has.
    Begun,
}

/// A connection whose heads are timed.
pub(crate) struct Timed {
    socket: Box<dyn Socket>,
    line: Rc<Line>,
    limits: Limits,
    head: Head,
    timer: Pin<Box<Sleep>>,
}

impl Timed {
    /// A new connection.
    pub(crate) fn new(socket: Box<dyn Socket>, is_secured: bool, limits: Limits) -> Self {
        Self {
            socket,
            line: Rc::new(Line {
                is_secured,
                awaits_head: Cell::new(false),
            }),
            limits,
            head: Head::None,
            timer: Box::pin(sleep(limits.idle)),
        }
    }

    /// The connection as those see it who answer.
    pub(crate) const fn line(&self) -> &Rc<Line> {
        &self.line
    }

    /// Whether the time for a head is over.
    fn is_late(&mut self, has_read: bool, context: &mut Context<'_>) -> bool {
        let head = match (self.line.awaits_head.get(), has_read) {
            (false, _) => Head::None,
            (true, true) => Head::Begun,
            (true, false) if self.head == Head::Begun => Head::Begun,
            (true, false) => Head::Awaited,
        };
        if head != self.head {
            self.head = head;
            let limit = match head {
                Head::None => return false,
                Head::Awaited => self.limits.idle,
                Head::Begun => self.limits.head,
            };
            self.timer.as_mut().reset(Instant::now() + limit);
        }
        head != Head::None && self.timer.as_mut().poll(context).is_ready()
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(context, buffer);
        let has_read = buffer.filled().len() > before;
        if self.is_late(has_read, context) {
            buffer.set_filled(before);
            // As if it had hung up: what was answered is still sent.
            return Poll::Ready(Ok(()));
        }
        read
    }
}

impl AsyncWrite for Timed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
