//! Cold. A directory of the file system.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::disk::{Disk, DiskFile, LockAttempt};
use super::holder::Holder;

/// A directory of the file system.
///
/// The directory itself may be a link; it is resolved once, when the lock is first taken, so that a link that is turned
/// later does not lead half of the state elsewhere. Links inside the directory are not followed.
#[derive(Debug)]
pub(crate) struct RealDisk {
    directory: PathBuf,
    is_resolved: bool,
    /// Directories with an entry that is not durable yet: that of a level which was created.
    unsynced: Vec<PathBuf>,
    lock: Option<Lock>,
}

#[derive(Debug)]
struct Lock {
    path: PathBuf,
    file: File,
    pid: u32,
}

impl Lock {
    /// A forked child has the file as well, and with it the lock of its parent.
    fn is_own(&self) -> bool {
        self.pid == std::process::id()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would not do while a forked child has it open, be it for the moment before it executes a program.
        if self.is_own() {
            let _ = self.file.unlock();
        }
    }
}

impl RealDisk {
    /// The directory, which need not exist yet.
    pub(crate) fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), is_resolved: false, unsynced: Vec::new(), lock: None }
    }
}

impl Disk for RealDisk {
    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.directory.clone() } else { self.directory.join(name) }
    }

    fn prepare(&mut self) -> io::Result<()> {
        if !self.directory.is_dir() {
            for parent in missing_levels(&self.directory).map(parent_of) {
                // Each of them once, however often this fails.
                if !self.unsynced.contains(&parent) {
                    self.unsynced.push(parent);
                }
            }
            create_private_directory(&self.directory)?;
        }
        // That the directory exists is worth as much as what is in it.
        while let Some(parent) = self.unsynced.last() {
            match sync_directory(parent) {
                // Who may create in a directory need not be one who may read it.
                Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
                _ => self.unsynced.pop(),
            };
        }
        if !self.is_resolved {
            self.directory = fs::canonicalize(&self.directory)?;
            self.is_resolved = true;
        }
        Ok(())
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn read(&mut self, name: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
        let path = self.path(name);
        let length = plain_length(&path)?.ok_or(io::ErrorKind::NotFound)?;
        if length > bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let capacity = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(capacity)?;
        // Nobody appends to what is read here; what came after the look at the length is not waited for.
        File::open(&path)?.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn create(&mut self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = private().write(true).create_new(true).open(self.path(name))?;
        Ok(Box::new(RealFile(file)))
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_directory(&mut self) -> io::Result<()> {
        sync_directory(&self.directory)
    }

    fn try_lock(&mut self, name: &str, holder: &Holder) -> io::Result<LockAttempt> {
        let path = self.path(name);
        plain_length(&path)?;
        let mut file = private().read(true).write(true).create(true).truncate(false).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(LockAttempt::HeldBy(holder_in(&file))),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                return Err(error);
            }
            Err(TryLockError::Error(error)) => return Ok(LockAttempt::Unsupported(error.into())),
        }
        // The text decides nothing: it need not be durable, a reader may meet half of it, and a full disk has none.
        let _ = file.set_len(0).and_then(|()| file.write_all(holder.to_text().as_bytes()));
        self.lock = Some(Lock { path, file, pid: std::process::id() });
        Ok(LockAttempt::Taken)
    }

    fn holds_lock(&mut self) -> io::Result<bool> {
        match &self.lock {
            Some(lock) if lock.is_own() => is_same_file(&lock.file, &lock.path),
            _ => Ok(false),
        }
    }

    fn unlock(&mut self) {
        self.lock = None;
    }
}

#[derive(Debug)]
struct RealFile(File);

impl Write for RealFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for RealFile {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// The length of a plain file; `None` when there is none.
fn plain_length(path: &Path) -> io::Result<Option<u64>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
        Ok(_) => Err(io::ErrorKind::InvalidData.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Who holds a lock, as far as the first bytes of its file tell.
fn holder_in(file: &File) -> Holder {
    let mut text = Vec::new();
    // Where locks keep others from reading, the holder stays unknown.
    let _ = file.take(512).read_to_end(&mut text);
    Holder::from_text(&String::from_utf8_lossy(&text))
}

/// For nobody but the user of the process.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn create_private_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The directory and those above it that have to be created with it, from the innermost on.
fn missing_levels(directory: &Path) -> impl Iterator<Item = &Path> {
    directory.ancestors().take_while(|level| !level.as_os_str().is_empty() && !level.is_dir())
}

/// Where the entry of a directory stands.
fn parent_of(directory: &Path) -> PathBuf {
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_path_buf()
}

/// File systems that cannot sync a directory say so; then nothing more can be done.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    match File::open(path)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced,
    }
}

/// Directories are no files here, and renaming is as durable as the system makes it.
#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ours = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_same_file(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::scratch::Scratch;

    #[test]
    fn levels_to_create_are_those_that_are_missing() {
        let scratch = Scratch::new();
        let parents = |directory: &Path| missing_levels(directory).map(parent_of).collect::<Vec<_>>();
        let deep = scratch.path().join("a/b");
        assert_eq!(parents(&deep), [scratch.path().join("a"), scratch.path().to_path_buf()]);
        assert!(parents(scratch.path()).is_empty());
        assert_eq!(parents(Path::new("no-such-a/b")), [PathBuf::from("no-such-a"), PathBuf::from(".")]);
    }

    #[test]
    fn a_directory_that_cannot_be_created_leaves_as_much_to_sync_as_once() {
        let scratch = Scratch::new();
        let file = scratch.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let mut disk = RealDisk::new(file.join("state"));
        for _ in 0..3 {
            assert!(disk.prepare().is_err());
            assert_eq!(disk.unsynced, [file.clone(), scratch.path().to_path_buf()]);
        }
        fs::remove_file(&file).unwrap();
        disk.prepare().unwrap();
        assert!(disk.unsynced.is_empty());
    }

    #[test]
    fn a_lock_is_let_go_of_while_a_forked_child_has_its_file_open() {
        let scratch = Scratch::new();
        let (mut one, mut other) = (RealDisk::new(scratch.path()), RealDisk::new(scratch.path()));
        let holder = Holder::this_process(0);
        assert_eq!(one.try_lock("lock", &holder).unwrap(), LockAttempt::Taken);
        // The same open file, as after a fork.
        let _of_the_child = one.lock.as_ref().unwrap().file.try_clone().unwrap();
        assert!(matches!(other.try_lock("lock", &holder).unwrap(), LockAttempt::HeldBy(_)));
        drop(one);
        assert_eq!(other.try_lock("lock", &holder).unwrap(), LockAttempt::Taken);
    }

    #[test]
    fn a_forked_child_does_not_let_go_of_the_lock_of_its_parent() {
        let scratch = Scratch::new();
        let (mut one, mut other) = (RealDisk::new(scratch.path()), RealDisk::new(scratch.path()));
        let holder = Holder::this_process(0);
        assert_eq!(one.try_lock("lock", &holder).unwrap(), LockAttempt::Taken);
        let lock = one.lock.as_ref().unwrap();
        drop(Lock {
            path: lock.path.clone(),
            file: lock.file.try_clone().unwrap(),
            pid: lock.pid.wrapping_add(1),
        });
        assert!(matches!(other.try_lock("lock", &holder).unwrap(), LockAttempt::HeldBy(_)));
    }
}
