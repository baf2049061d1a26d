//! What waits for one client: whole frames, its own and shared ones, gone in one gathering write.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use super::metrics::Metrics;
use super::wire;

/// Frames gathered into one write: as many as fit a stack comfortably, and more than a viewport has tiles.
const GATHERED_MAX: usize = 64;

/// Places for frames kept while nothing waits: what a usual tick needs.
const PLACES_KEPT: usize = 8;

/// In which form a client takes data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As JSON.
    Json,
    /// As columns of numbers.
    Binary,
}

/// Frames on their way to one client.
#[derive(Debug)]
pub(super) struct Outbox {
    form: Form,
    frames: VecDeque<Bytes>,
    /// How many of them are meant to be written now; those behind wait for their tick.
    sealed: usize,
}

impl Outbox {
    pub(super) const fn new(form: Form) -> Self {
        Self {
            form,
            frames: VecDeque::new(),
            sealed: 0,
        }
    }

    pub(super) const fn form(&self) -> Form {
        self.form
    }

    /// How many frames wait.
    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) {
        self.frames.push_back(wire::text(text));
    }

    /// Adds a frame of the client's own.
    pub(super) fn binary(&mut self, payload: &[u8]) {
        self.frames.push_back(wire::binary(payload));
    }

    /// Adds a frame that is framed already.
    pub(super) fn framed(&mut self, frame: Bytes) {
        self.frames.push_back(frame);
    }

    /// Lets all that waits be written; counts it, and gives whether there was something.
    pub(super) fn seal(&mut self, metrics: &Metrics) -> bool {
        let fresh = self.frames.len() - self.sealed;
        if fresh == 0 {
            return false;
        }
        let bytes: usize = self.frames.iter().skip(self.sealed).map(Bytes::len).sum();
        metrics.frames.inc_by(fresh as u64);
        metrics.bytes.inc_by(bytes as u64);
        metrics.writes.inc();
        self.sealed = self.frames.len();
        true
    }

    /// Takes all that waits, for a test that reads it.
    #[cfg(test)]
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        self.sealed = 0;
        std::mem::take(&mut self.frames).into()
    }

    /// Whether something is being written.
    pub(super) const fn is_writing(&self) -> bool {
        self.sealed > 0
    }

    /// Writes on; gives how many bytes the socket took, more than none. Called only while something is being written.
    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        stream: Pin<&mut impl AsyncWrite>,
    ) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); GATHERED_MAX];
        let gathered = slices.iter_mut().zip(self.frames.iter().take(self.sealed));
        let count = gathered
            .map(|(slice, frame)| *slice = IoSlice::new(frame))
            .count();
        let taken = ready!(stream.poll_write_vectored(context, &slices[..count]))?;
        if taken == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.advance(taken);
        Poll::Ready(Ok(taken))
    }

    fn advance(&mut self, mut taken: usize) {
        while let Some(frame) = self.frames.front_mut() {
            if taken < frame.len() {
                frame.advance(taken);
                return;
            }
            taken -= frame.len();
            self.frames.pop_front();
            self.sealed -= 1;
            if taken == 0 {
                break;
            }
        }
        if self.frames.is_empty() {
            self.frames.shrink_to(PLACES_KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use prometheus::Registry;

    use super::*;

    /// Takes so many bytes a write.
    struct Narrow {
        taken: Vec<u8>,
        writes: usize,
        width: usize,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let count = bytes.len().min(self.width);
            self.writes += 1;
            self.taken.extend(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            self.poll_write(context, &all)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn written(frames: usize, width: usize) -> Narrow {
        let metrics = Metrics::register(&Registry::new()).expect("nothing is registered");
        let mut outbox = Outbox::new(Form::Json);
        let mut stream = Narrow {
            taken: Vec::new(),
            writes: 0,
            width,
        };
        for n in 0..frames {
            outbox.text(&format!("{n:03}"));
        }
        outbox.seal(&metrics);
        let mut context = Context::from_waker(Waker::noop());
        while outbox.is_writing() {
            let polled = outbox.poll_write(&mut context, Pin::new(&mut stream));
            assert!(matches!(polled, Poll::Ready(Ok(1..))));
        }
        stream
    }

    #[test]
    fn whatever_the_socket_takes_at_once_all_arrives_in_order() {
        let whole: Vec<u8> = (0..100)
            .flat_map(|n| [vec![0x81, 3], format!("{n:03}").into_bytes()].concat())
            .collect();
        for width in [1, 4, 5, 7, 64, 1_000] {
            assert_eq!(written(100, width).taken, whole, "{width} at once");
        }
    }

    #[test]
    fn a_tick_of_many_frames_is_one_write() {
        assert_eq!(written(GATHERED_MAX, 100_000).writes, 1);
        assert_eq!(written(GATHERED_MAX + 1, 100_000).writes, 2);
    }

    #[test]
    fn what_comes_while_a_write_is_under_way_waits_for_its_own() {
        let metrics = Metrics::register(&Registry::new()).expect("nothing is registered");
        let mut outbox = Outbox::new(Form::Binary);
        outbox.binary(&[1]);
        outbox.seal(&metrics);
        outbox.text("later");
        outbox.advance(3);
        assert!(!outbox.is_writing());
        assert_eq!((outbox.len(), outbox.form()), (1, Form::Binary));
    }
}
