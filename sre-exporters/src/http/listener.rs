//! Cold. The stand-alone listener: it binds, and binds again while the address is busy, and seats its clients.

use std::future::{Future, pending, poll_fn};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::{Seat, Site, serve};
use super::credential::Credential;
use super::hosts::Hosts;
use super::limits::{BACKLOG, REBIND, SEND_BYTES_MAX, deadline};
use super::renderings::Renderings;
use super::slots::{Place, Slots};
use crate::telemetry::{Count, Telemetry};

/// Time between two looks at whether the last answers are out.
const DRAIN_STEP: Duration = Duration::from_millis(5);

/// Rest after an accept that failed, which mostly means that there are no file descriptors left.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Where a listener listens, or why it does not.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) wanted: SocketAddr,
    pub(crate) bound: Option<SocketAddr>,
    /// Why the last attempt failed.
    pub(crate) failure: Option<String>,
}

/// The binding of the one listener, for whoever asks; `None` without a listener.
pub(crate) type SharedBinding = Arc<Mutex<Option<Binding>>>;

/// A listener that serves one source at one address.
#[derive(Debug)]
pub(crate) struct Listener {
    wanted: SocketAddr,
    binding: SharedBinding,
    site: Arc<Site>,
    socket: Option<TcpListener>,
}

impl Listener {
    /// A listener that tries to bind once. Must be called inside a runtime.
    ///
    /// # Errors
    ///
    /// Why the address cannot be bound, beside the listener, which will try again when it runs.
    pub(crate) fn bind(
        wanted: SocketAddr,
        binding: SharedBinding,
        renderings: Arc<Renderings>,
        telemetry: Arc<Telemetry>,
        credential: Option<Credential>,
        hosts: Hosts,
    ) -> (Self, Option<io::Error>) {
        let slots = Mutex::new(Slots::default());
        let site = Site { renderings, slots, telemetry, credential, hosts, stop: Notify::new() };
        let mut listener = Self { wanted, binding, site: Arc::new(site), socket: None };
        let error = listener.try_bind().err();
        (listener, error)
    }

    /// Serves until `stop` changes, and then gives running answers as long as `stop` says.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<Duration>) {
        until(stop.changed(), self.serve_for_ever()).await;
        self.stop_listening();
        self.site.stop.notify_waiters();
        // A handle that was dropped gives no time.
        let deadline = deadline(Instant::now(), *stop.borrow());
        while self.site.slots.lock().is_answering() && Instant::now() < deadline {
            sleep(DRAIN_STEP).await;
        }
    }

    async fn serve_for_ever(&mut self) {
        loop {
            match &self.socket {
                Some(socket) => seat_clients(socket, &self.site).await,
                None => {
                    sleep(REBIND).await;
                    // The failure is kept in the binding.
                    let _ = self.try_bind();
                }
            }
        }
    }

    /// Frees the address, even while a forked child has the socket as well and does not close it.
    fn stop_listening(&mut self) {
        if let Some(socket) = self.socket.take() {
            // Linux stops listening by that; elsewhere it is an error, and closing must do.
            let _ = SockRef::from(&socket).shutdown(Shutdown::Both);
        }
    }

    fn try_bind(&mut self) -> io::Result<()> {
        let result = open(self.wanted).and_then(|socket| Ok((socket.local_addr()?, socket)));
        let mut binding = Binding { wanted: self.wanted, bound: None, failure: None };
        let result = match result {
            Ok((bound, socket)) => {
                binding.bound = Some(bound);
                self.socket = Some(socket);
                Ok(())
            }
            Err(error) => {
                binding.failure = Some(error.to_string());
                self.site.telemetry.add(Count::BindErrors, 1);
                Err(error)
            }
        };
        *self.binding.lock() = Some(binding);
        result
    }
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows this would let two processes listen at one address.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    // The sockets of clients inherit it.
    socket.set_send_buffer_size(SEND_BYTES_MAX)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn seat_clients(socket: &TcpListener, site: &Arc<Site>) {
    loop {
        match socket.accept().await {
            Ok((stream, _)) => {
                let place = place_for(site).await;
                tokio::spawn(seated(stream, Seat::new(Arc::clone(site), place)));
                // The newcomer reads its request before the next one comes and takes a place away.
                tokio::task::yield_now().await;
            }
            Err(_) => {
                site.telemetry.add(Count::AcceptErrors, 1);
                sleep(ACCEPT_REST).await;
            }
        }
    }
}

async fn place_for(site: &Site) -> Place {
    loop {
        let admitted = site.slots.lock().admit(Instant::now());
        match admitted {
            Ok(place) => return place,
            Err(later) => sleep_until(later).await,
        }
    }
}

async fn seated(stream: TcpStream, seat: Seat) {
    // Answers are small or written at once: waiting to fill a packet only delays them. A failure costs time only.
    let _ = stream.set_nodelay(true);
    serve(stream, seat).await;
}

/// Does the work until the stop comes, if it comes first.
async fn until<T>(stop: impl Future, work: impl Future<Output = T>) -> Option<T> {
    let mut stop = pin!(stop);
    let mut work = pin!(work);
    poll_fn(|cx| {
        if stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        work.as_mut().poll(cx).map(Some)
    })
    .await
}

/// A place to wait for ever, for a thread without a listener.
pub(crate) async fn idle(mut stop: watch::Receiver<Duration>) {
    until(stop.changed(), pending::<()>()).await;
}
