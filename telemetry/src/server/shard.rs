//! A shard: a thread that serves a part of the clients. Once a tick it walks them all and writes what is due straight to their sockets; a
//! client's own task only hears what it says, and writes on what its socket did not take at once.

use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::RwLock;
use skyhaul_actors::environment::Environment;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinSet, LocalSet, unconstrained, yield_now};
use tokio::time::timeout;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use super::admission::Seat;
use super::client::{Client, STOPPING};
use super::connection::Connection;
use super::handshake::{self, Admitted, Rejection};
use super::metrics::Metrics;
use super::picture::Picture;
use super::roster::{Guest, Roster, TOLD_MAX};
use crate::door::Door;

/// What the kernel may hold of a client's data unsent, so that a slow client shows soon and costs little.
const UNSENT_BYTES_MAX: u32 = 16 * 1024;

/// The kernel's send buffer of a client: what a stalled one costs besides its frame.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// After this long without an answer from the peer's host it is taken for dead; longer than a slow client is borne with.
const PEER_DEAD_AFTER: Duration = Duration::from_secs(90);

/// All clients have gone by then when the server stops.
const STOP_WITHIN: Duration = Duration::from_millis(1_700);

/// Clients told of a tick before others may be heard, which asks the system who has said something: a millisecond's work.
const TOLD_UNHEARD_MAX: usize = 4 * TOLD_MAX;

/// What all clients share.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) environment: Arc<Environment>,
    pub(super) picture: Arc<RwLock<Picture>>,
    pub(super) metrics: Metrics,
    pub(super) ticks: watch::Receiver<u64>,
    pub(super) door: Arc<dyn Door>,
    pub(super) allowed_origins: Arc<[String]>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) stalled_after: Duration,
    pub(super) stop: CancellationToken,
}

/// Someone who wants to come in; without a seat there is no room.
struct Arrival {
    stream: std::net::TcpStream,
    seat: Option<Seat>,
}

/// A running shard.
pub(super) struct Shard {
    /// As many wait in it as there are seats, at most.
    arrivals: mpsc::UnboundedSender<Arrival>,
    ended: oneshot::Receiver<()>,
}

impl Shard {
    /// Starts a thread that serves until it is to stop.
    ///
    /// # Errors
    /// Where the system gives no thread, or nothing to wait for sockets with.
    pub(super) fn start(number: usize, surroundings: Surroundings) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (arrivals, arriving) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        thread::Builder::new()
            .name(format!("telemetry-{number}"))
            .spawn(move || {
                // A shard that fails takes the others along, and the server with them.
                let _stops = surroundings.stop.clone().drop_guard();
                LocalSet::new().block_on(&runtime, serve(arriving, Rc::new(surroundings)));
                // Nobody waits for it where the server was dropped.
                end.send(()).unwrap_or_default();
            })?;
        Ok(Self { arrivals, ended })
    }

    /// Hands someone over who wants to come in.
    ///
    /// # Errors
    /// Where the stream cannot leave the runtime that accepted it.
    pub(super) fn take(&self, stream: TcpStream, seat: Option<Seat>) -> io::Result<()> {
        let stream = stream.into_std()?;
        let arrival = Arrival { stream, seat };
        self.arrivals
            .send(arrival)
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Waits until it has ended; gives whether that was in order.
    pub(super) async fn ended(&mut self) -> bool {
        (&mut self.ended).await.is_ok()
    }
}

async fn serve(mut arriving: mpsc::UnboundedReceiver<Arrival>, surroundings: Rc<Surroundings>) {
    let roster = Rc::new(Roster::default());
    let mut tasks = JoinSet::new();
    // The walk writes to many sockets at a time, which a task that shares its thread by turns would not be let.
    let mut walk = pin!(unconstrained(walk(Rc::clone(&roster), Rc::clone(&surroundings))));
    loop {
        tokio::select! {
            biased;
            () = &mut walk => break,
            Some(arrival) = arriving.recv() => {
                tasks.spawn_local(attend(arrival, Rc::clone(&roster), Rc::clone(&surroundings)));
            }
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
        }
    }
    roster.end(&STOPPING);
    let gone = async { while tasks.join_next().await.is_some() {} };
    if timeout(STOP_WITHIN, gone).await.is_err() {
        tasks.shutdown().await;
    }
}

/// Tells all clients of each tick, until there are no more ticks.
async fn walk(roster: Rc<Roster>, surroundings: Rc<Surroundings>) {
    let mut ticks = surroundings.ticks.clone();
    loop {
        tokio::select! {
            biased;
            () = surroundings.stop.cancelled() => return,
            ticked = ticks.changed() => if ticked.is_err() { return },
        }
        let due = roster.due(&surroundings.picture.read());
        for many in due.chunks(TOLD_UNHEARD_MAX) {
            for some in many.chunks(TOLD_MAX) {
                roster.tell(some, &surroundings.picture, &surroundings.metrics);
            }
            yield_now().await;
        }
    }
}

/// Serves one client, from its handshake on.
async fn attend(arrival: Arrival, roster: Rc<Roster>, surroundings: Rc<Surroundings>) {
    // What is needed only at the beginning and at the end lies beside the task, so that one that just listens is small.
    let received = Box::pin(receive(arrival, &surroundings)).await;
    let (admitted, seat) = match received {
        Ok(received) => received,
        Err(Rejection::Answered(status)) => {
            let refused = &surroundings.metrics.handshakes_refused;
            refused.with_label_values(&[&status.to_string()]).inc();
            return;
        }
        Err(Rejection::Gone) => return,
    };
    let _looking = surroundings.picture.write().look();
    let guest = Rc::new(Guest::new(Client::new(admitted, surroundings, seat)));
    let place = roster.join(Rc::clone(&guest));
    let farewell = std::future::poll_fn(|context| {
        place.hear();
        guest.poll(context)
    })
    .await;
    drop(place);
    if let Some(guest) = Rc::into_inner(guest) {
        Box::pin(guest.into_client().leave(farewell)).await;
    }
}

async fn receive(arrival: Arrival, surroundings: &Surroundings) -> Result<(Box<Admitted>, Seat), Rejection> {
    let tls = surroundings.tls.clone();
    let received = async {
        let stream = TcpStream::from_std(arrival.stream)?;
        let Some(seat) = arrival.seat else {
            let answered = handshake::turn_away(stream, tls.is_some()).await;
            return Err(Rejection::Answered(answered));
        };
        tune(&stream)?;
        let connection = handshake::within(Connection::open(stream, tls)).await?;
        let origins = &surroundings.allowed_origins;
        let admitted = handshake::receive(connection, origins, &*surroundings.door).await?;
        Ok((Box::new(admitted), seat))
    };
    tokio::select! {
        biased;
        () = surroundings.stop.cancelled() => Err(Rejection::Gone),
        received = received => received,
    }
}

/// Small frames go out at once, and little of what a slow client does not read stays in the kernel.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
        socket.set_tcp_user_timeout(Some(PEER_DEAD_AFTER))?;
    }
    Ok(())
}
