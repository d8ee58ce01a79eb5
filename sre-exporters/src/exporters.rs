//! Cold. The one exporter thread: its builder, its handle, its end.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use sre_core::Engine;
use tokio::sync::watch;

use crate::error::Error;
use crate::http::{Credential, Handler, Hosts, Listener, Renderings, SharedBinding, Source, host_name, idle};
use crate::site::Site;
use crate::telemetry::Telemetry;

/// Name of the thread, within the 15 bytes that Linux shows.
const THREAD_NAME: &str = "sre-exporters";

/// Everything that talks to the outside, on one thread with a runtime of its own.
///
/// Dropping the handle ends the thread without waiting for it; [`Exporters::shutdown`] waits.
///
/// # Examples
///
/// ```
/// use sre_core::Engine;
/// use sre_exporters::Exporters;
///
/// let engine = Engine::builder().service("shop").start()?;
/// let exporters = Exporters::builder(&engine).http("127.0.0.1:0").start()?;
/// assert!(exporters.local_addr().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Exporters {
    renderings: Arc<Renderings>,
    binding: SharedBinding,
    stop: watch::Sender<Duration>,
    /// Hangs up when the thread is gone.
    done: Mutex<mpsc::Receiver<()>>,
}

/// What the exporters say of themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportersStatus {
    /// The listener, if one was asked for.
    pub http: Option<HttpStatus>,
}

impl ExportersStatus {
    pub(crate) fn of(binding: &SharedBinding) -> Self {
        let http = binding.lock().clone().map(|binding| HttpStatus {
            address: binding.wanted,
            local: binding.bound,
            reason: binding.failure,
        });
        Self { http }
    }

    /// Whether anything does not work as configured.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.http.as_ref().is_some_and(|http| http.local.is_none())
    }
}

/// Where the listener listens, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HttpStatus {
    /// The address asked for.
    pub address: SocketAddr,
    /// The address bound; `None` while it cannot be had.
    pub local: Option<SocketAddr>,
    /// Why it cannot be had. It is tried again every second.
    pub reason: Option<String>,
}

/// Collects what the exporters are to do.
#[must_use = "nothing is exported before `start`"]
pub struct ExportersBuilder {
    source: Box<dyn Source>,
    telemetry: Arc<Telemetry>,
    binding: SharedBinding,
    http: Option<Result<SocketAddr, Error>>,
    hosts: Vec<Result<Box<str>, Error>>,
    credential: Option<Credential>,
    strict: bool,
}

impl ExportersBuilder {
    fn new(source: Box<dyn Source>, telemetry: Arc<Telemetry>, binding: SharedBinding) -> Self {
        Self { source, telemetry, binding, http: None, hosts: Vec::new(), credential: None, strict: false }
    }

    /// Exporters of something that is not an engine.
    #[cfg(test)]
    pub(crate) fn over(source: Box<dyn Source>, telemetry: Arc<Telemetry>) -> Self {
        Self::new(source, telemetry, SharedBinding::default())
    }

    /// Serves `/metrics`, the status page `/`, `/api/v1/status` and `/healthz` at an address of this machine only,
    /// such as `127.0.0.1:9464`; `localhost` stands for `127.0.0.1`, and port 0 for any free one.
    ///
    /// An address that others can reach is refused by [`ExportersBuilder::start`]. Clients must call it `localhost` or
    /// by an address of this machine alone, `127.0.0.0/8` or `[::1]`; others get 421, unless
    /// [`ExportersBuilder::http_host`] adds their name. So no page from elsewhere can read it through a browser here.
    pub fn http(mut self, address: &str) -> Self {
        self.http = Some(parse(address).and_then(|address| {
            if address.ip().to_canonical().is_loopback() {
                Ok(address)
            } else {
                Err(Error::NotLoopback { address })
            }
        }));
        self
    }

    /// Like [`ExportersBuilder::http`], at any address, such as `0.0.0.0:9464`.
    ///
    /// Whoever reaches it can read every name and label, unless there is a
    /// [credential](ExportersBuilder::http_credential), and nothing is encrypted: use it where the network is yours.
    pub fn http_public(mut self, address: &str) -> Self {
        self.http = Some(parse(address));
        self
    }

    /// Lets clients call a listener on a loopback address by this name too, as proxies do that pass on the name they
    /// were called by. May be said more than once; listeners at other addresses answer to any name.
    ///
    /// # Examples
    ///
    /// ```
    /// use sre_core::Engine;
    /// use sre_exporters::Exporters;
    ///
    /// let engine = Engine::builder().service("shop").start()?;
    /// let exporters =
    ///     Exporters::builder(&engine).http("127.0.0.1:0").http_host("metrics.shop.example").start()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn http_host(mut self, name: &str) -> Self {
        self.hosts.push(host_name(name).ok_or_else(|| Error::HostName { text: name.to_owned() }));
        self
    }

    /// Asks clients of the listener for a credential, on all paths but `/healthz`; others get 401.
    pub fn http_credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Makes [`ExportersBuilder::start`] fail where it would otherwise start degraded.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Starts the exporter thread. It ends when the handle is dropped.
    ///
    /// A busy address is no error: the exporters start without a listener, say so in their status, and try again
    /// every second.
    ///
    /// # Errors
    ///
    /// A listen address that is none or that others can reach, a host name that is none, and a thread that cannot be
    /// started. With
    /// [`ExportersBuilder::strict`] also an address that cannot be bound.
    pub fn start(self) -> Result<Exporters, Error> {
        let address = self.http.transpose()?;
        let names = self.hosts.into_iter().collect::<Result<_, _>>()?;
        let is_loopback = address.is_some_and(|address| address.ip().to_canonical().is_loopback());
        let renderings = Arc::new(Renderings::new(self.source, Arc::clone(&self.telemetry)));
        let (stop, stopped) = watch::channel(Duration::ZERO);
        let (started, outcome) = mpsc::sync_channel(1);
        let (alive, done) = mpsc::channel();
        let thread = Thread {
            address,
            binding: Arc::clone(&self.binding),
            renderings: Arc::clone(&renderings),
            telemetry: self.telemetry,
            credential: self.credential,
            hosts: if is_loopback { Hosts::Loopback(names) } else { Hosts::Any },
            stopped,
            alive,
        };
        std::thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || thread.run(&started))
            .map_err(|source| Error::Thread { source })?;
        let gone = || Error::Thread { source: io::ErrorKind::BrokenPipe.into() };
        let failure = outcome.recv().map_err(|_| gone())?.map_err(|source| Error::Thread { source })?;
        if self.strict
            && let (Some(address), Some(source)) = (address, failure)
        {
            return Err(Error::Bind { address, source });
        }
        Ok(Exporters { renderings, binding: self.binding, stop, done: Mutex::new(done) })
    }
}

impl Exporters {
    /// Choices to make before the exporters of an engine start. They keep the engine running.
    pub fn builder(engine: &Engine) -> ExportersBuilder {
        let (telemetry, binding) = (Arc::<Telemetry>::default(), SharedBinding::default());
        let site = Site::new(engine.clone(), Arc::clone(&telemetry), Arc::clone(&binding));
        ExportersBuilder::new(Box::new(site), telemetry, binding)
    }

    /// Where the listener listens; `None` without one, and while the address is busy.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.binding.lock().as_ref().and_then(|binding| binding.bound)
    }

    /// What does not work as configured, and why.
    #[must_use]
    pub fn status(&self) -> ExportersStatus {
        ExportersStatus::of(&self.binding)
    }

    /// The endpoint as a `tower` service for a router of yours. It goes on working when the exporters end.
    ///
    /// # Examples
    ///
    /// ```
    /// use sre_core::Engine;
    /// use sre_exporters::Exporters;
    ///
    /// let engine = Engine::builder().service("shop").start()?;
    /// let exporters = Exporters::builder(&engine).start()?;
    /// let router: axum::Router = axum::Router::new().nest_service("/internal", exporters.handler());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`Handler`] shows other servers.
    #[must_use]
    pub fn handler(&self) -> Handler {
        Handler::over(Arc::clone(&self.renderings))
    }

    /// Ends the exporters: running answers get up to `timeout`, new ones are not begun. A second call does nothing.
    ///
    /// # Errors
    ///
    /// [`Error::ShutdownTimeout`] when the thread has not ended by then. It ends as soon as it can.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), Error> {
        // Without a receiver the thread is gone already.
        let _ = self.stop.send(timeout);
        match self.done.lock().recv_timeout(timeout) {
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Error::ShutdownTimeout { timeout }),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Exporters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporters").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ExportersBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportersBuilder")
            .field("http", &self.http)
            .field("hosts", &self.hosts)
            .field("credential", &self.credential)
            .field("strict", &self.strict)
            .finish_non_exhaustive()
    }
}

/// What the thread needs to run.
struct Thread {
    address: Option<SocketAddr>,
    binding: SharedBinding,
    renderings: Arc<Renderings>,
    telemetry: Arc<Telemetry>,
    credential: Option<Credential>,
    hosts: Hosts,
    stopped: watch::Receiver<Duration>,
    /// Dropped last, which tells the handle that the thread is gone.
    alive: mpsc::Sender<()>,
}

impl Thread {
    /// Runs to the end, after telling the starter whether there is a runtime and why there is no listener.
    fn run(self, started: &mpsc::SyncSender<io::Result<Option<io::Error>>>) {
        // The starter waits for exactly one message.
        let tell = |result| drop(started.send(result));
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => return tell(Err(error)),
        };
        runtime.block_on(async {
            match self.address {
                Some(address) => {
                    let (listener, failure) = Listener::bind(
                        address,
                        self.binding,
                        self.renderings,
                        self.telemetry,
                        self.credential,
                        self.hosts,
                    );
                    tell(Ok(failure));
                    listener.run(self.stopped).await;
                }
                None => {
                    tell(Ok(None));
                    idle(self.stopped).await;
                }
            }
        });
        drop(runtime);
        drop(self.alive);
    }
}

/// An address and a port; `localhost` is understood without asking anybody.
fn parse(text: &str) -> Result<SocketAddr, Error> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|source| Error::Address { text: text.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nothing;

    impl Source for Nothing {
        fn render(&self, _: crate::http::Document, _: &mut Vec<u8>) -> Option<bytes::Bytes> {
            None
        }

        fn illness(&self) -> Option<String> {
            None
        }
    }

    fn builder() -> ExportersBuilder {
        ExportersBuilder::over(Box::new(Nothing), Arc::default())
    }

    #[test]
    fn addresses_that_others_reach_need_another_word() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9464", "[::ffff:192.0.2.1]:0"] {
            let error = builder().http(address).start().unwrap_err();
            assert!(matches!(error, Error::NotLoopback { .. }) && error.is_config(), "{address}: {error}");
        }
        let public = builder().http_public("0.0.0.0:0").strict().start().expect("meant");
        assert!(public.local_addr().is_some_and(|address| address.port() > 0));
    }

    #[test]
    fn what_is_no_address_is_named() {
        for text in ["", "9464", "127.0.0.1", ":9464", "example.com:80", "127.0.0.1:99999"] {
            let error = builder().http(text).start().unwrap_err();
            assert!(error.is_config() && error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn a_host_name_that_nobody_could_call_is_refused() {
        let error = builder().http("127.0.0.1:0").http_host("shop:9464").start().unwrap_err();
        assert!(error.is_config() && error.to_string().contains("\"shop:9464\""), "{error}");
    }

    #[test]
    fn a_busy_address_degrades_and_is_an_error_only_when_strict() {
        let first = builder().http("localhost:0").start().expect("free");
        let address = first.local_addr().expect("bound");
        assert!(!first.status().is_degraded());

        let second = builder().http(&address.to_string()).start().expect("starts degraded");
        let status = second.status();
        assert!(status.is_degraded() && second.local_addr().is_none());
        assert!(status.http.is_some_and(|http| http.reason.is_some()));

        let error = builder().http(&address.to_string()).strict().start().unwrap_err();
        assert!(matches!(error, Error::Bind { .. }) && !error.is_config());
    }

    #[test]
    fn shutting_down_frees_the_address_and_may_be_asked_twice() {
        let exporters = builder().http("127.0.0.1:0").start().expect("free");
        let address = exporters.local_addr().expect("bound");
        for _ in 0..2 {
            exporters.shutdown(Duration::from_secs(10)).expect("nothing to wait for");
        }
        let again = builder().http(&address.to_string()).strict().start().expect("free again");
        assert_eq!(again.local_addr(), Some(address));
    }

    #[test]
    fn without_a_listener_the_thread_waits_for_its_end() {
        let exporters = builder().start().expect("starts");
        assert_eq!(exporters.status(), ExportersStatus { http: None });
        exporters.shutdown(Duration::from_secs(10)).expect("nothing to wait for");
    }

    #[test]
    fn handles_are_shared_among_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Exporters>();
        shared::<Handler>();
        shared::<Error>();
    }
}
