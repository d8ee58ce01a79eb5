//! Cold. Choices to make before an engine starts.

use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, ManualClock, Source};
use crate::engine::flusher::StateDir;
use crate::engine::{Downtime, Engine};
use crate::error::Error;
use crate::slo::Objective;
use crate::store::{Disk, RealDisk};

/// What an engine is told before it starts.
#[derive(Debug, Default)]
#[must_use = "an engine runs from `start` on"]
pub struct Builder {
    pub(super) service: Option<String>,
    pub(super) clock: Source,
    pub(super) manual: Option<ManualClock>,
    pub(super) selection: Selection,
    pub(super) shards_per_thread: Option<usize>,
    pub(super) strict: bool,
    pub(super) state_dir: Option<PathBuf>,
    pub(super) flush_each: Option<Duration>,
    pub(super) downtime: Downtime,
    pub(super) starts: Option<Objective>,
    /// What stands in the place of the real disk.
    #[cfg(test)]
    pub(super) world: Option<Arc<crate::primitive::Mutex<crate::store::model::World>>>,
}

/// How often the state directory is written, unless said otherwise.
const FLUSH_EACH: Duration = Duration::from_secs(10);

/// Which of the process's SLIs an engine judges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Selection {
    #[default]
    All,
    Only(Vec<String>),
    Except(Vec<String>),
}

impl Selection {
    pub(super) fn contains(&self, name: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|selected| selected == name);
        match self {
            Self::All => true,
            Self::Only(names) => named(names),
            Self::Except(names) => !named(names),
        }
    }
}

impl Builder {
    /// The name of the service, such as `shop`: `service.name` of OpenTelemetry.
    ///
    /// Without it, `OTEL_SERVICE_NAME` counts, and then the name of the executable.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Judges only the SLIs of these names, among those that the process and its dependencies define.
    pub fn only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.selection = Selection::Only(names.into_iter().map(Into::into).collect());
        self
    }

    /// Judges all SLIs but those of these names.
    pub fn except<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.selection = Selection::Except(names.into_iter().map(Into::into).collect());
        self
    }

    /// How many shards of 4 KiB each thread may hold for the SLIs it records most; 1,024 unless said otherwise, which is
    /// also the most. Whatever this says, the process has at most 8,192 of them, 30 MiB.
    ///
    /// The bound is that of the process: with several engines the last one to start decides.
    pub fn shards_per_thread(mut self, shards: usize) -> Self {
        self.shards_per_thread = Some(shards);
        self
    }

    /// Takes time from `clock` instead of the clock of the process. Such an engine owns its SLIs: statics
    /// keep to the process's clock and to the default engine.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Source::Other(Arc::new(clock));
        self
    }

    /// For tests and replays: takes time from `clock`, and ticks only in [`Engine::tick`] and [`Engine::advance`].
    pub fn manual_clock(mut self, clock: ManualClock) -> Self {
        self.manual = Some(clock.clone());
        self.clock(clock)
    }

    /// Keeps windows, budgets and the states of alerts in this directory, so that they go on after a restart.
    ///
    /// It is made if it does not exist. One process writes to it; a second one waits until it is free and works without
    /// memory meanwhile. What cannot be read or written shows in [`EngineReport::state`](crate::report::EngineReport),
    /// and recording and judging go on. `docs/state-format.md` says what the files are, and how large they become.
    ///
    /// An empty path, as of an unset environment variable, is refused at the start, strict or not.
    ///
    /// With a [manual clock](Self::manual_clock) it is written in ticks and in [`Engine::shutdown`], else on a thread of
    /// its own.
    pub fn state_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state_dir = Some(directory.into());
        self
    }

    /// How often the state directory is written at least, 10 s unless said otherwise: what a kill loses at most, as long
    /// as the disk takes less than half a second.
    ///
    /// Written is every so many seconds less two, because the last second is not judged yet and writing takes its time, and
    /// at most once a second: below three seconds a kill may lose three. With a [manual clock](Self::manual_clock) it is
    /// the interval itself.
    pub fn flush_each(mut self, interval: Duration) -> Self {
        self.flush_each = Some(interval);
        self
    }

    /// What the time between two processes counts as; unknown unless said otherwise.
    pub fn downtime(mut self, downtime: Downtime) -> Self {
        self.downtime = downtime;
        self
    }

    /// Judges starts of the service by an objective, as the SLI `process.starts`: one that follows a crash is bad. Needs a
    /// [state directory](Self::state_dir), from which crashes are known.
    ///
    /// Whatever ends without [`Engine::shutdown`] is taken for a crash, also a `main` that just returns.
    pub fn starts(mut self, objective: Objective) -> Self {
        self.starts = Some(objective);
        self
    }

    pub(super) fn state(&self) -> Result<Option<StateDir>, Error> {
        let each = self.flush_each.unwrap_or(FLUSH_EACH);
        if !(Duration::from_secs(1)..=Duration::from_secs(3_600)).contains(&each) {
            return Err(Error::FlushInterval { value: each });
        }
        match self.state_dir.clone() {
            Some(value) if value.as_os_str().is_empty() => Err(Error::StateDir { value }),
            directory => Ok(directory.map(|directory| StateDir { directory, each })),
        }
    }

    /// The disk that the state directory is on.
    pub(super) fn disk(&self, state: &StateDir) -> Box<dyn Disk> {
        #[cfg(test)]
        if let Some(world) = &self.world {
            return Box::new(crate::store::model::ModelDisk::new(world));
        }
        Box::new(RealDisk::new(&state.directory))
    }

    /// Makes an error of everything that would otherwise let the engine start degraded.
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Starts the engine: one thread, one tick a second.
    ///
    /// The first engine that runs on the clock of the process becomes its default engine: statics belong to it
    /// until it is shut down. Calibrates the clock, which takes up to 200 ms once per process.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] when two different SLIs have one name, and the errors of
    /// [`slo::check`](crate::slo::check) for objectives that cannot be judged. Under [`Builder::strict`] also
    /// [`Error::Thread`] when a thread cannot be started and [`Error::State`] when the state directory cannot be written;
    /// else the engine then starts degraded. [`Error::FlushInterval`] for one that is too short or too long, and
    /// [`Error::StateDir`] for an empty path.
    pub fn start(self) -> Result<Engine, Error> {
        Engine::start(self)
    }

    pub(super) fn service_name(&self) -> String {
        let from_environment = || std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
        self.service.clone().or_else(from_environment).unwrap_or_else(executable_name)
    }
}

fn executable_name() -> String {
    std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "unknown_service".to_owned())
}

/// One tick.
pub(super) const STEP: Duration = Duration::from_secs(1);
