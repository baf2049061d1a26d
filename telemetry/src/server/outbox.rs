//! What waits for one client: whole frames, small ones copied together, large ones shared, gone in one write.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::AddAssign;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use super::wire;

/// Frames up to this length are copied one behind the other: the kernel takes one piece of bytes sooner than many. Longer ones are shared by
/// all who are sent them, so that those who do not read hold none of their own.
const COPIED_MAX: usize = 512;

/// Room for copied frames to begin with: what a usual tick needs.
const COPIED_ROOM: usize = 1_000;

/// A buffer that has grown past this is not used again: few ticks need as much.
const BUFFER_BYTES_MAX: usize = 16 * 1024;

/// Pieces gathered into one write: as many as fit a stack comfortably, and more than a viewport has tiles.
const GATHERED_MAX: usize = 64;

/// Places for pieces kept while nothing waits: what a usual tick needs.
const PLACES_KEPT: usize = 4;

/// In which form a client takes data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As JSON.
    Json,
    /// As columns of numbers.
    Binary,
}

/// Whole frames in one piece.
#[derive(Debug)]
enum Piece {
    /// Copied for this client.
    Own(Vec<u8>),
    /// Shared by all who are sent it.
    Shared(Bytes),
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// So many frames of so many bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) frames: usize,
    pub(super) bytes: usize,
}

impl AddAssign for Sealed {
    fn add_assign(&mut self, more: Self) {
        self.frames += more.frames;
        self.bytes += more.bytes;
    }
}

/// Frames on their way to one client.
#[derive(Debug)]
pub(super) struct Outbox {
    form: Form,
    /// What goes out first: frames one behind the other, all there are at a usual tick. Frames come in only while nothing is behind.
    first: Vec<u8>,
    /// What goes out behind that.
    pieces: VecDeque<Piece>,
    /// Whether something is being written: what is first, and so many pieces. Those behind wait for their tick.
    is_sealed: bool,
    sealed: usize,
    /// How much of it the socket has taken, of the first that is left.
    taken: usize,
    /// Frames that wait for their tick, and their bytes.
    fresh: Sealed,
    /// Whether there is an answer among what waits, and among what is being written.
    has_answer: bool,
    is_answering: bool,
}

impl Outbox {
    pub(super) const fn new(form: Form) -> Self {
        Self {
            form,
            first: Vec::new(),
            pieces: VecDeque::new(),
            is_sealed: false,
            sealed: 0,
            taken: 0,
            fresh: Sealed { frames: 0, bytes: 0 },
            has_answer: false,
            is_answering: false,
        }
    }

    pub(super) const fn form(&self) -> Form {
        self.form
    }

    /// Whether nothing waits, and nothing is being written.
    pub(super) const fn is_idle(&self) -> bool {
        self.fresh.frames == 0 && !self.is_sealed
    }

    /// How many frames wait for their tick.
    pub(super) const fn len(&self) -> usize {
        self.fresh.frames
    }

    /// What waits is, among others, the answer to what the client asked for: all that is in view.
    pub(super) const fn answer(&mut self) {
        self.has_answer = true;
    }

    /// Whether what is being written is an answer.
    pub(super) const fn is_answering(&self) -> bool {
        self.is_answering
    }

    /// Adds a text.
    pub(super) fn text(&mut self, text: &str) {
        self.put(text.len(), |piece| wire::put_text(piece, text));
    }

    /// Adds a frame of the client's own.
    pub(super) fn binary(&mut self, payload: &[u8]) {
        self.put(payload.len(), |piece| wire::put_binary(piece, payload));
    }

    /// Adds a frame that is framed already.
    pub(super) fn framed(&mut self, frame: Bytes) {
        if frame.len() <= COPIED_MAX {
            self.put(frame.len(), |piece| piece.extend_from_slice(&frame));
        } else {
            self.fresh.frames += 1;
            self.fresh.bytes += frame.len();
            self.pieces.push_back(Piece::Shared(frame));
        }
    }

    /// Adds a frame of the client's own, which `write` appends to what there is.
    pub(super) fn written(&mut self, write: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        self.put(0, |piece| {
            wire::put_written(piece, write);
        });
    }

    /// Adds frames that `put` appends to what there is, and so many as it says; gives how many.
    pub(super) fn gathered(&mut self, put: impl FnOnce(&mut Vec<u8>) -> usize) -> usize {
        let piece = self.open(0);
        let before = piece.len();
        let frames = put(piece);
        let bytes = piece.len() - before;
        self.fresh += Sealed { frames, bytes };
        frames
    }

    /// Adds a frame of about so many bytes to the last piece, where that is not being written.
    fn put(&mut self, length: usize, put: impl FnOnce(&mut Vec<u8>)) {
        let piece = self.open(length);
        let before = piece.len();
        put(piece);
        let bytes = piece.len() - before;
        self.fresh += Sealed { frames: 1, bytes };
    }

    /// The last piece that frames may be copied to, of about so many bytes.
    fn open(&mut self, length: usize) -> &mut Vec<u8> {
        let room = COPIED_ROOM.max(length + wire::HEADER_BYTES_MAX);
        if self.pieces.is_empty() && !self.is_sealed {
            if self.first.capacity() == 0 {
                self.first = Vec::with_capacity(room);
            }
            return &mut self.first;
        }
        let is_open = self.pieces.len() > self.sealed && matches!(self.pieces.back(), Some(Piece::Own(_)));
        if !is_open {
            self.pieces.push_back(Piece::Own(Vec::with_capacity(room)));
        }
        match self.pieces.back_mut() {
            Some(Piece::Own(piece)) => piece,
            Some(Piece::Shared(_)) | None => unreachable!("it was opened just now"),
        }
    }

    /// Exchanges its buffer for another one where neither holds anything: who puts together for many at a time has buffers that are in the cache.
    pub(super) fn lend(&mut self, buffer: &mut Vec<u8>) {
        if self.first.is_empty() && buffer.is_empty() {
            std::mem::swap(&mut self.first, buffer);
        }
    }

    /// Takes over frames of which the socket took so many bytes already; nothing else waits.
    pub(super) fn take_over(&mut self, frames: &mut Vec<u8>, taken: usize) {
        std::mem::swap(&mut self.first, frames);
        self.is_sealed = true;
        self.advance(taken);
    }

    /// Lets all that waits be written; gives how much that is.
    pub(super) fn seal(&mut self) -> Sealed {
        if self.fresh.frames > 0 {
            self.is_sealed = true;
            self.sealed = self.pieces.len();
            self.is_answering = std::mem::take(&mut self.has_answer);
        }
        std::mem::take(&mut self.fresh)
    }

    /// Takes all that waits, frame by frame, for a test that reads it.
    #[cfg(test)]
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        let form = self.form;
        let Self { first, pieces, .. } = std::mem::replace(self, Self::new(form));
        let pieces = pieces.iter().map(Piece::bytes);
        let frames = [&first[..]].into_iter().chain(pieces).flat_map(wire::split);
        frames.map(Bytes::copy_from_slice).collect()
    }

    /// Whether something is being written.
    pub(super) const fn is_writing(&self) -> bool {
        self.is_sealed
    }

    /// What is being written, where that is one piece of the client's own of which the socket has taken nothing.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        (self.is_sealed && self.sealed == 0 && self.taken == 0).then_some(&self.first)
    }

    /// Writes on; gives how many bytes the socket took, more than none. Called only while something is being written.
    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        stream: Pin<&mut impl AsyncWrite>,
    ) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); GATHERED_MAX];
        let mut skipped = self.taken;
        let mut count = 0;
        let first = (!self.first.is_empty()).then_some(&self.first[..]);
        let pieces = self.pieces.iter().take(self.sealed).map(Piece::bytes);
        for (slice, piece) in slices.iter_mut().zip(first.into_iter().chain(pieces)) {
            *slice = IoSlice::new(&piece[std::mem::take(&mut skipped)..]);
            count += 1;
        }
        let taken = ready!(match &slices[..count] {
            [only] => stream.poll_write(context, only),
            pieces => stream.poll_write_vectored(context, pieces),
        })?;
        if taken == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.advance(taken);
        Poll::Ready(Ok(taken))
    }

    /// The socket took so many bytes of what is being written.
    pub(super) fn advance(&mut self, taken: usize) {
        self.taken += taken;
        if self.taken >= self.first.len() {
            self.taken -= self.first.len();
            self.first.clear();
            if self.first.capacity() > BUFFER_BYTES_MAX {
                self.first = Vec::new();
            }
        }
        while self.first.is_empty()
            && self.sealed > 0
            && let Some(first) = self.pieces.front()
            && self.taken >= first.bytes().len()
        {
            self.taken -= first.bytes().len();
            self.pieces.pop_front();
            self.sealed -= 1;
        }
        self.is_sealed = self.sealed > 0 || !self.first.is_empty();
        if self.pieces.is_empty() {
            self.pieces.shrink_to(PLACES_KEPT);
        }
    }

    /// Keeps no buffer while nothing waits.
    pub(super) fn rest(&mut self) {
        if self.first.is_empty() {
            self.first = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

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

    /// Frames of such lengths, as they are when shared.
    fn frames(lengths: &[usize]) -> Vec<Bytes> {
        let mark = 0_u8..=u8::MAX;
        let payloads = lengths.iter().zip(mark.cycle());
        payloads
            .map(|(length, mark)| wire::binary(&vec![mark; *length]))
            .collect()
    }

    fn written(frames: &[Bytes], width: usize) -> Narrow {
        let mut outbox = Outbox::new(Form::Json);
        let mut stream = Narrow {
            taken: Vec::new(),
            writes: 0,
            width,
        };
        frames.iter().for_each(|frame| outbox.framed(frame.clone()));
        let sealed = outbox.seal();
        assert_eq!(sealed.frames, frames.len());
        let mut context = Context::from_waker(Waker::noop());
        while outbox.is_writing() {
            let polled = outbox.poll_write(&mut context, Pin::new(&mut stream));
            assert!(matches!(polled, Poll::Ready(Ok(1..))));
        }
        assert_eq!(sealed.bytes, stream.taken.len());
        stream
    }

    #[test]
    fn whatever_the_socket_takes_at_once_all_arrives_in_order() {
        let frames = frames(&[3, 100, COPIED_MAX, COPIED_MAX - 4, 5, 3 * COPIED_MAX, 5_000, 1]);
        for width in [1, 4, 5, 7, 64, 1_000, 100_000] {
            assert_eq!(written(&frames, width).taken, frames.concat(), "{width} at once");
        }
    }

    #[test]
    fn a_tick_of_many_frames_is_one_write() {
        let small = frames(&[COPIED_MAX / 2; 3 * GATHERED_MAX]);
        assert_eq!(written(&small, 1_000_000).writes, 1);
        let large = frames(&[COPIED_MAX; GATHERED_MAX + 1]);
        assert_eq!(written(&large[1..], 1_000_000).writes, 1);
        assert_eq!(written(&large, 1_000_000).writes, 2);
    }

    #[test]
    fn a_large_frame_is_shared_by_all_who_are_sent_it() {
        let frame = wire::binary(&[7; COPIED_MAX]);
        let mut outbox = Outbox::new(Form::Binary);
        outbox.framed(frame.clone());
        let piece = outbox.pieces.front().expect("it waits");
        assert_eq!(piece.bytes().as_ptr(), frame.as_ptr());
    }

    #[test]
    fn what_comes_while_a_write_is_under_way_waits_for_its_own() {
        let mut outbox = Outbox::new(Form::Binary);
        outbox.binary(&[1]);
        outbox.seal();
        outbox.text("later");
        outbox.advance(3);
        assert!(!outbox.is_writing());
        assert_eq!((outbox.len(), outbox.form()), (1, Form::Binary));
        assert_eq!(outbox.take(), [Bytes::from_static(b"\x81\x05later")]);
    }

    #[test]
    fn what_is_gathered_counts_as_many_frames_as_it_comes_to() {
        let mut outbox = Outbox::new(Form::Binary);
        outbox.gathered(|_| 0);
        assert_eq!(outbox.seal(), Sealed::default());
        outbox.gathered(|bytes| {
            wire::put_binary(bytes, &[1]);
            wire::put_binary(bytes, &[2, 3]);
            2
        });
        assert_eq!(outbox.seal(), Sealed { frames: 2, bytes: 7 });
        assert_eq!(outbox.whole(), Some(&[0x82, 1, 1, 0x82, 2, 2, 3][..]));
    }

    #[test]
    fn what_is_taken_over_goes_on_where_the_socket_stopped() {
        let mut outbox = Outbox::new(Form::Binary);
        let mut frames = vec![0x82, 1, 1, 0x82, 2, 2, 3];
        outbox.take_over(&mut frames, 4);
        outbox.binary(&[4]);
        assert!(frames.is_empty() && outbox.is_writing() && outbox.whole().is_none());
        let (mut taken, writes, width) = (Vec::new(), 0, 2);
        let mut context = Context::from_waker(Waker::noop());
        while outbox.is_writing() {
            let mut stream = Narrow { taken, writes, width };
            assert!(outbox.poll_write(&mut context, Pin::new(&mut stream)).is_ready());
            taken = stream.taken;
        }
        assert_eq!(taken, [2, 2, 3], "what came meanwhile waits");
        assert_eq!(outbox.take(), [Bytes::from_static(b"\x82\x01\x04")]);
    }

    #[test]
    fn an_answer_is_one_until_it_is_out() {
        let mut outbox = Outbox::new(Form::Binary);
        outbox.answer();
        for is_answering in [true, false] {
            outbox.binary(&[1]);
            outbox.seal();
            assert_eq!(outbox.is_answering(), is_answering);
            outbox.advance(3);
        }
    }
}
