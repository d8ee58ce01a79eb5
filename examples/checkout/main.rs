//! What does it look like inside a real service?
//!
//! A shop on `axum` with four annotated handlers (`service.rs`: the part to copy), customers who drive it over real
//! HTTP (`load.rs`), and a world that breaks on schedule (`phases.rs`, `world.rs`). The terminal shows what the
//! engine finds from second to second; the status page and `/metrics` show the same.
//!
//! `cargo run --release --example checkout -- --help` shows the flags.
#![forbid(unsafe_code)]

mod args;
mod load;
mod phases;
mod screen;
mod service;
mod story;
mod table;
#[cfg(test)]
mod tests;
mod world;

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sre_core::Engine;
use sre_examples::flags::Flags;
use sre_examples::words::{grouped, stopwatch};
use sre_exporters::Exporters;
use tokio::net::TcpListener;

use crate::args::{Args, HELP};
use crate::load::{Customers, Seen};
use crate::phases::Script;
use crate::screen::Screen;
use crate::story::Story;
use crate::world::World;

fn main() -> ExitCode {
    let args = match Flags::from_env().and_then(Args::parse) {
        Ok(args) => args,
        Err(refused) => return fail(&refused, 2),
    };
    let result =
        if args.help { io::stdout().write_all(HELP.as_bytes()).map_err(Into::into) } else { run(&args) };
    match result {
        Err(error) if !is_nobody_reading(&*error) => fail(&*error, 1),
        _ => ExitCode::SUCCESS,
    }
}

fn fail(error: &dyn Error, code: u8) -> ExitCode {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::from(code)
}

/// Whether the output goes to a program that has ended, such as `head`.
fn is_nobody_reading(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let builder = Engine::builder().service("shop");
    let engine = match &args.state_dir {
        Some(directory) => builder.state_dir(directory).start()?,
        None => builder.start()?,
    };
    let exporters = export(&engine, args.listen)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(play(args, &engine, &exporters));
    // Exports that still stream would keep the runtime alive.
    runtime.shutdown_background();
    engine.shutdown(Duration::from_secs(5));
    result
}

/// Serves the status page and `/metrics`; beyond this machine only when the address says so.
fn export(engine: &Engine, listen: SocketAddr) -> Result<Exporters, sre_exporters::Error> {
    let builder = Exporters::builder(engine);
    let address = listen.to_string();
    let is_of_this_machine = listen.ip().is_loopback();
    if is_of_this_machine { builder.http(&address) } else { builder.http_public(&address) }.start()
}

/// Opens the shop, lets the customers in and shows what happens.
async fn play(args: &Args, engine: &Engine, exporters: &Exporters) -> Result<(), Box<dyn Error>> {
    let script = Script::new(args.length, args.faults);
    let world = Arc::new(World::new(script));
    let shop = open(Arc::clone(&world)).await?;
    let customers = Customers::of(shop);
    let seen = customers.seen();
    let customers = tokio::spawn(customers.come(args.rps));

    let mut story = Story::beginning(script, &engine.report());
    let mut screen = Screen::stdout(args.length);
    screen.say([format!("the shop is open at http://{shop}"), whereabouts(exporters)])?;
    screen.say(engine.report().engine.state.iter().map(|state| state.sentence()))?;
    watch(&mut screen, &mut story, &world, engine).await?;
    customers.abort();
    screen.say(story.summary(&engine.report()))?;
    Ok(screen.say([experience(&seen)])?)
}

/// Where to look, or why there is nothing to see. An address that is busy does not stop the shop.
fn whereabouts(exporters: &Exporters) -> String {
    match (exporters.local_addr(), exporters.status().http.and_then(|http| http.reason)) {
        (Some(address), _) => format!("status page: http://{address}/  metrics: http://{address}/metrics"),
        (None, reason) => {
            let reason = reason.unwrap_or_else(|| "not bound yet".to_owned());
            format!("no status page and no /metrics yet ({reason}): choose another address with --listen")
        }
    }
}

/// Serves the shop at a free port.
async fn open(world: Arc<World>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = service::router(world);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Shows each tick until the run is over or Ctrl-C is pressed.
async fn watch<W: Write>(
    screen: &mut Screen<W>,
    story: &mut Story,
    world: &World,
    engine: &Engine,
) -> io::Result<()> {
    let mut beat = tokio::time::interval(Duration::from_millis(100));
    let mut shown = engine.report().engine.ticks;
    while world.elapsed() < story.script().length() {
        tokio::select! {
            _ = beat.tick() => {}
            interrupted = tokio::signal::ctrl_c() => return interrupted,
        }
        let now = world.elapsed();
        screen.say(story.enter(now).map(|phase| format!("{} begins: {}", stopwatch(now), phase.name())))?;
        let report = engine.report();
        if report.engine.ticks > shown {
            shown = report.engine.ticks;
            screen.say(story.observe(&report))?;
            let title = title(story.script(), now);
            let rows: Vec<_> = [title].into_iter().chain(table::rows(&report, screen.ink())).collect();
            screen.draw(now, &rows)?;
        }
    }
    Ok(())
}

/// `00:52 of 02:00: outage`
fn title(script: Script, now: Duration) -> String {
    format!("{} of {}: {}", stopwatch(now), stopwatch(script.length()), script.phase(now).name())
}

/// What the customers saw, to compare with what the shop says of itself.
fn experience(seen: &Seen) -> String {
    let [answers, failures, gave_up] =
        [&seen.answers, &seen.failures, &seen.gave_up].map(|count| grouped(count.load(Ordering::Relaxed)));
    format!("The customers got {answers} answers and {failures} errors, and gave up waiting {gave_up} times.")
}
