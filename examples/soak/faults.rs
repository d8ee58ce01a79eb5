//! Cold. What breaks around the service, and is mended again.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something that breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The state directory is gone, and a file has its name.
    DirectoryGone,
    /// There is no room left on its disk.
    DiskFull,
    /// Clients ask and never read the answer.
    Unread,
    /// Clients that never finish their requests take all places.
    Unfinished,
}

impl Fault {
    pub(crate) const fn is_about_clients(self) -> bool {
        matches!(self, Self::Unread | Self::Unfinished)
    }
}

const FAULTS: [Fault; 4] = [Fault::DirectoryGone, Fault::Unread, Fault::DiskFull, Fault::Unfinished];
/// Many more than the listener has places for.
const CLIENTS: usize = 40;
const DISK: &str = "size=16m";

/// A small disk with the state directory on it, removed in the end.
#[derive(Debug)]
pub(crate) struct Place {
    root: PathBuf,
    /// Whether it is a disk of its own, which only root may make.
    is_disk: bool,
    /// Those who are the fault.
    clients: RefCell<Vec<TcpStream>>,
}

impl Place {
    pub(crate) fn new() -> io::Result<Self> {
        let root = std::env::temp_dir().join(format!("soak-{}", std::process::id()));
        fs::create_dir_all(root.join("state"))?;
        let is_disk = succeeds("mount", &["-t", "tmpfs", "-o", DISK, "soak"], &root);
        fs::create_dir_all(root.join("state"))?;
        Ok(Self { root, is_disk, clients: RefCell::default() })
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// The fault of a round.
    pub(crate) fn fault(&self, round: u64) -> Fault {
        let chosen = FAULTS.iter().copied().filter(|fault| self.is_disk || *fault != Fault::DiskFull);
        let chosen: Vec<_> = chosen.collect();
        let place = usize::try_from(round).unwrap_or(0) % chosen.len();
        chosen.get(place).copied().unwrap_or(Fault::Unread)
    }

    /// The faults that there are.
    pub(crate) fn kinds(&self) -> &'static str {
        if self.is_disk {
            "directory gone, disk full, answers unread, requests unfinished"
        } else {
            "directory gone, answers unread, requests unfinished"
        }
    }

    pub(crate) fn begin(&self, fault: Fault, address: SocketAddr) -> io::Result<()> {
        let mut clients = Vec::new();
        match fault {
            Fault::DirectoryGone => {
                fs::rename(self.state(), self.aside())?;
                fs::write(self.state(), b"not a directory")?;
            }
            Fault::DiskFull => fill(&self.ballast())?,
            Fault::Unread => clients = crowd(address, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            Fault::Unfinished => clients = crowd(address, "GET /metrics HT"),
        }
        self.clients.replace(clients);
        Ok(())
    }

    pub(crate) fn end(&self, fault: Fault) -> io::Result<()> {
        self.clients.take();
        match fault {
            Fault::DirectoryGone => {
                fs::remove_file(self.state())?;
                fs::rename(self.aside(), self.state())
            }
            Fault::DiskFull => fs::remove_file(self.ballast()),
            Fault::Unread | Fault::Unfinished => Ok(()),
        }
    }

    fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }

    fn ballast(&self) -> PathBuf {
        self.root.join("ballast")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_disk {
            succeeds("umount", &[], &self.root);
        }
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Takes all the room that a disk has.
fn fill(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    loop {
        match file.write_all(&[0; 512]) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Clients that send this and then nothing, and read nothing. The listener may refuse some of them.
fn crowd(address: SocketAddr, text: &str) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(text.as_bytes()).ok()?;
        Some(stream)
    };
    (0..CLIENTS).filter_map(connect).collect()
}

fn succeeds(program: &str, arguments: &[&str], place: &Path) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).arg(place).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
