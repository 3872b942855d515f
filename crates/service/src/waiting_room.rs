//! Polls that wait for the decision (contract §3). Kept in memory, by each server for itself; a decision at
//! another server is found by looking again: one who waits looks for all ([`WaitingRoom::turn`]), so that however many
//! wait, the store is asked once in a while.
//!
//! There is one place a code: who comes later has the one before sent away. A [`Ticket`] gives its place up when
//! it is dropped, so a client that hangs up leaves nothing behind.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use keywright_domain::id::DeviceAuthorizationId;

/// Why somebody who waits is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Something has been decided: look.
    Decided,
    /// A newer poll waits for the same code, or the server stops: answer now.
    SentAway,
}

/// Every poll that waits at this server.
#[derive(Debug)]
pub struct WaitingRoom {
    limit: usize,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    taken: HashMap<DeviceAuthorizationId, Arc<Place>>,
    is_closed: bool,
    looked_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Place(Mutex<(Option<Call>, Option<Waker>)>);

/// A place in the waiting room.
#[derive(Debug)]
pub struct Ticket<'a> {
    room: &'a WaitingRoom,
    id: DeviceAuthorizationId,
    place: Arc<Place>,
}

/// Ready when its ticket is called.
#[derive(Debug)]
pub struct Called<'a>(&'a Place);

impl WaitingRoom {
    /// Room for `limit` polls at once.
    pub fn new(limit: usize) -> Self {
        Self { limit, places: Mutex::default() }
    }

    /// A place for a poll for `id`; a poll that has it already is sent away. None if the room is full or closed.
    pub fn enter(&self, id: DeviceAuthorizationId) -> Option<Ticket<'_>> {
        let mut places = self.places();
        let before = places.taken.get(&id);
        if places.is_closed || (before.is_none() && places.taken.len() >= self.limit) {
            return None;
        }
        if let Some(before) = before {
            before.call(Call::SentAway);
        }
        let place = Arc::new(Place::default());
        places.taken.insert(id, place.clone());
        Some(Ticket { room: self, id, place })
    }

    /// Calls who waits for `id`, if anybody does: it has been decided.
    pub fn call(&self, id: DeviceAuthorizationId) {
        if let Some(place) = self.places().taken.get(&id) {
            place.call(Call::Decided);
        }
    }

    /// All who wait, if nobody has looked for them since `pause` before `now`: whoever gets them has to look. None if
    /// somebody has.
    pub fn turn(&self, now: Instant, pause: Duration) -> Option<Vec<DeviceAuthorizationId>> {
        let mut places = self.places();
        let is_early = |at: Instant| now.saturating_duration_since(at) < pause;
        if places.looked_at.is_some_and(is_early) {
            return None;
        }
        places.looked_at = Some(now);
        Some(places.taken.keys().copied().collect())
    }

    /// Sends everybody away, now and from now on.
    pub fn close(&self) {
        let mut places = self.places();
        places.is_closed = true;
        for place in places.taken.values() {
            place.call(Call::SentAway);
        }
    }

    /// Number of waiting polls.
    pub fn len(&self) -> usize {
        self.places().taken.len()
    }

    /// True if no poll waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn call(&self, call: Call) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who is sent away stays so, whatever is decided.
        if state.0 != Some(Call::SentAway) {
            state.0 = Some(call);
        }
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl Ticket<'_> {
    /// The code that is waited for.
    pub fn id(&self) -> DeviceAuthorizationId {
        self.id
    }

    /// Waits for the next call.
    pub fn called(&self) -> Called<'_> {
        Called(&self.place)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut places = self.room.places();
        if places.taken.get(&self.id).is_some_and(|place| Arc::ptr_eq(place, &self.place)) {
            places.taken.remove(&self.id);
        }
    }
}

impl Future for Called<'_> {
    type Output = Call;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Call> {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = state.0.take() {
            return Poll::Ready(call);
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use uuid::Uuid;

    use super::*;

    const ID: DeviceAuthorizationId = DeviceAuthorizationId(Uuid::from_u128(1));
    const OTHER: DeviceAuthorizationId = DeviceAuthorizationId(Uuid::from_u128(2));

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn call_of(ticket: &Ticket<'_>) -> Poll<Call> {
        pin!(ticket.called()).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn who_waits_is_woken_by_the_decision_about_their_code_alone() {
        let room = WaitingRoom::new(9);
        let (ticket, other) = (room.enter(ID).unwrap(), room.enter(OTHER).unwrap());
        let woken = Arc::new(Counting::default());
        let waker = Waker::from(woken.clone());
        assert_eq!(pin!(ticket.called()).poll(&mut Context::from_waker(&waker)), Poll::Pending);

        room.call(ID);

        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(call_of(&ticket), Poll::Ready(Call::Decided));
        assert_eq!(call_of(&ticket), Poll::Pending, "a call is heard once");
        assert_eq!(call_of(&other), Poll::Pending);
    }

    #[test]
    fn a_newer_poll_sends_the_older_one_away_and_keeps_its_place_when_that_leaves() {
        let room = WaitingRoom::new(1);
        let older = room.enter(ID).unwrap();

        let newer = room.enter(ID).unwrap();
        room.call(ID);

        assert_eq!(call_of(&older), Poll::Ready(Call::SentAway));
        drop(older);
        assert_eq!(room.len(), 1);
        assert_eq!(call_of(&newer), Poll::Ready(Call::Decided));
    }

    #[test]
    fn a_full_room_takes_nobody_until_somebody_leaves() {
        let room = WaitingRoom::new(1);
        let ticket = room.enter(ID).unwrap();
        assert!(room.enter(OTHER).is_none());

        drop(ticket);

        assert!(room.enter(OTHER).is_some());
        assert!(room.is_empty());
        assert!(WaitingRoom::new(0).enter(ID).is_none());
    }

    #[test]
    fn one_of_all_who_wait_looks_for_all_once_in_a_while() {
        const PAUSE: Duration = Duration::from_millis(350);

        let room = WaitingRoom::new(9);
        let _tickets = [room.enter(ID).unwrap(), room.enter(OTHER).unwrap()];
        let start = Instant::now();
        let turn = |milliseconds| {
            let mut all = room.turn(start + Duration::from_millis(milliseconds), PAUSE)?;
            all.sort_unstable();
            Some(all)
        };

        assert_eq!(turn(0), Some(vec![ID, OTHER]));
        for milliseconds in [0, 100, 349] {
            assert_eq!(turn(milliseconds), None);
        }
        assert_eq!(turn(350), Some(vec![ID, OTHER]));
        assert_eq!(turn(699), None);
    }

    #[test]
    fn closing_sends_everybody_away_for_good() {
        let room = WaitingRoom::new(9);
        let ticket = room.enter(ID).unwrap();

        room.close();
        room.call(ID);

        assert_eq!(call_of(&ticket), Poll::Ready(Call::SentAway));
        assert!(room.enter(OTHER).is_none());
    }
}
