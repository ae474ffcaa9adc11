//! Files and folders that only their owner can read, and names that outlast a power cut.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Error, Read, Result};
use std::path::Path;

/// The text of something small.
///
/// # Errors
/// Where it can't be read, is no UTF-8, or has more than `most` bytes.
pub fn read_small(from: impl Read, most: u64) -> Result<String> {
    let mut text = String::new();
    from.take(most + 1).read_to_string(&mut text)?;
    match text.len() as u64 > most {
        true => Err(Error::other(format!("it has more than {most} bytes"))),
        false => Ok(text),
    }
}

/// Makes a folder, and those above it, that only the owner can enter (0700); one that is there stays as it is.
pub fn create_private_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file that, if it has to be made, only the owner can read (0600).
pub fn open_private(options: &mut OpenOptions, path: &Path) -> Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(path)
}

/// Makes the names in a folder last: a file that was made or renamed there is found again after a power cut.
///
/// On Windows a folder can't be opened for it, and needs not.
pub fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(folder)?.sync_all()
}

/// How many files and sockets this process may have open, raised up to `enough` where the system lets it; `None` if
/// there is no limit, or it can't be told.
#[cfg(unix)]
pub fn most_open(enough: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let now = limit.current?;
    let wanted = limit.maximum.map_or(enough, |most| most.min(enough));
    let raised = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    match now < wanted && setrlimit(Resource::Nofile, raised).is_ok() {
        true => Some(wanted),
        false => Some(now),
    }
}

#[cfg(not(unix))]
pub fn most_open(_: u64) -> Option<u64> {
    None
}

/// Has this process leave no core file when it crashes or is quit (`Ctrl-\`): tokens would stand in it, in plain text.
///
/// A program that it runs inherits that, and may raise its limit again.
#[cfg(unix)]
pub fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Core);
    let none = Rlimit {
        current: Some(0),
        maximum: limit.maximum,
    };
    // Lowering is never refused.
    let _ = setrlimit(Resource::Core, none);
}

#[cfg(not(unix))]
pub fn leave_no_core() {}

/// The user this process runs as; the owner of a file it makes where there is no `/proc`.
pub fn own_uid() -> Option<u32> {
    let metadata = std::fs::metadata("/proc/self")
        .or_else(|_| tempfile::tempfile().and_then(|file| file.metadata()));
    owner(&metadata.ok()?)
}

/// The number of the user a file belongs to.
#[cfg(unix)]
pub fn owner(metadata: &std::fs::Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::uid(metadata))
}

#[cfg(not(unix))]
pub fn owner(_: &std::fs::Metadata) -> Option<u32> {
    None
}

/// Tells a file from any other there is.
pub type Identity = (u64, u64);

/// What tells the file of this name from another one of the same name; `None` if there is none.
#[cfg(unix)]
pub fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// Here a file that is open can't be replaced.
#[cfg(not(unix))]
pub fn identity(path: &Path) -> Option<Identity> {
    path.exists().then_some((0, 0))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_can_read_what_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        create_private_folder(&folder).unwrap();
        create_private_folder(&folder).unwrap();
        let path = folder.join("c");
        open_private(File::options().create(true).append(true), &path).unwrap();
        sync_folder(&folder).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        assert_eq!(mode(&dir.path().join("a")), 0o700);
    }
}
