//! Parcels: a message on its way, as four bytes of its entry. A message that small lies there itself, a larger one beside, at a place the
//! parcel names.

use std::mem::MaybeUninit;

use super::memory::{self, prefetch};

/// Bytes of a parcel.
const PARCEL_BYTES: usize = 4;

/// Four bytes of an entry.
#[derive(Clone, Copy)]
pub(super) struct Parcel([MaybeUninit<u8>; PARCEL_BYTES]);

impl Default for Parcel {
    fn default() -> Self {
        Self::of_place(0)
    }
}

impl Parcel {
    fn of_place(place: u32) -> Self {
        Self(place.to_ne_bytes().map(MaybeUninit::new))
    }

    #[inline]
    #[expect(unsafe_code, reason = "all four bytes were written by `of_place`")]
    fn place(self) -> u32 {
        // SAFETY: called only where `Hold::INLINE` is false; then every parcel was made by `of_place` or `default`, which write all bytes.
        u32::from_ne_bytes(self.0.map(|byte| unsafe { byte.assume_init() }))
    }
}

/// The messages on their way that are too large for their parcels.
pub(super) struct Hold<M> {
    messages: Vec<Option<M>>,
    free: Vec<u32>,
}

impl<M> Default for Hold<M> {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<M> Hold<M> {
    /// Whether messages travel inside their entries. They are moved there bit by bit and may be forgotten there, so they must have nothing to
    /// drop.
    pub(super) const INLINE: bool = size_of::<M>() <= PARCEL_BYTES && !std::mem::needs_drop::<M>();

    /// Makes a parcel of a message that travels inside, without any hold; gives others back.
    #[inline]
    #[expect(unsafe_code, reason = "a message becomes the bytes of its parcel")]
    pub(super) fn pack_inside(message: M) -> Result<Parcel, M> {
        if !Self::INLINE {
            return Err(message);
        }
        let mut parcel = Parcel([MaybeUninit::uninit(); PARCEL_BYTES]);
        // SAFETY: `INLINE` says that a message has at most as many bytes as the parcel; an unaligned write needs nothing else.
        unsafe { parcel.0.as_mut_ptr().cast::<M>().write_unaligned(message) };
        Ok(parcel)
    }

    /// Makes a parcel of a message. It is to be taken or dropped once.
    #[inline]
    pub(super) fn put(&mut self, message: M) -> Parcel {
        let message = match Self::pack_inside(message) {
            Ok(parcel) => return parcel,
            Err(message) => message,
        };
        if let Some(place) = self.free.pop() {
            self.messages[place as usize] = Some(message);
            return Parcel::of_place(place);
        }
        memory::push(&mut self.messages, Some(message));
        let place = u32::try_from(self.messages.len() - 1).expect("fewer than 2³² messages on their way");
        Parcel::of_place(place)
    }

    /// Takes the message out of its parcel.
    #[inline]
    #[expect(unsafe_code, reason = "the bytes of a parcel become the message again")]
    pub(super) fn take(&mut self, parcel: Parcel) -> M {
        if Self::INLINE {
            // SAFETY: the bytes are those `pack_inside` wrote for this parcel, and a parcel is taken once.
            return unsafe { parcel.0.as_ptr().cast::<M>().read_unaligned() };
        }
        let place = parcel.place();
        self.free.push(place);
        self.messages[place as usize]
            .take()
            .expect("a parcel is taken once")
    }

    /// Drops the message of a parcel that will not be taken.
    pub(super) fn drop_parcel(&mut self, parcel: Parcel) {
        if !Self::INLINE {
            let place = parcel.place();
            self.free.push(place);
            self.messages[place as usize] = None;
        }
    }

    /// A copy of the message of a parcel that stays on its way.
    #[expect(unsafe_code, reason = "the message is looked at where it lies")]
    pub(super) fn copy(&self, parcel: &Parcel) -> M
    where
        M: Clone,
    {
        if Self::INLINE {
            // SAFETY: as in `take`. The message that is read is never dropped nor given away, only cloned: the one in the parcel stays the only one.
            let message =
                unsafe { std::mem::ManuallyDrop::new(parcel.0.as_ptr().cast::<M>().read_unaligned()) };
            return M::clone(&message);
        }
        self.messages[parcel.place() as usize]
            .clone()
            .expect("a parcel that was not taken")
    }

    /// Has the message fetched.
    #[inline]
    pub(super) fn prefetch(&self, parcel: Parcel) {
        if !Self::INLINE {
            prefetch(&self.messages[parcel.place() as usize]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Small {
        Word(u16),
        Nothing,
    }

    #[test]
    fn small_messages_travel_inside() {
        let mut hold = Hold::default();
        const { assert!(Hold::<Small>::INLINE) };
        let parcels = [Small::Word(513), Small::Nothing].map(|message| hold.put(message));
        assert_eq!(hold.copy(&parcels[0]), Small::Word(513));
        assert_eq!(
            parcels.map(|parcel| hold.take(parcel)),
            [Small::Word(513), Small::Nothing]
        );
        assert!(hold.messages.is_empty());
    }

    #[test]
    fn large_messages_lie_beside_and_their_places_are_used_again() {
        let mut hold = Hold::default();
        let parcels = ["a", "b", "c"].map(|text| hold.put(text.to_owned()));
        assert_eq!(hold.copy(&parcels[1]), "b");
        hold.drop_parcel(parcels[1]);
        let again = hold.put("d".to_owned());
        assert_eq!(hold.messages.len(), 3);
        assert_eq!(
            [parcels[0], again, parcels[2]].map(|parcel| hold.take(parcel)),
            ["a", "d", "c"]
        );
    }
}
