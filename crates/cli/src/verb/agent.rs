//! `callgate agent`: the supervisor of containers that a stock runtime starts.
//!
//! Apart from `run`, which starts its command itself; here the runtime sends each container's listener.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

use callgate_actions::agent::{self, Container};
use callgate_actions::{Listener, plugins, serve};
use clap::Args;

use crate::failure::{Ended, Failure, Status};
use crate::supervisor::{self, Named};
use crate::words;

/// Answer the calls of containers whose profile has plugin actions, under runc or crun as they are
///
/// `callgate export oci` writes the profile for the runtime, with this socket as listenerPath.
/// Listens until it is ended, and serves every container that a runtime announces; only root and this user may.
/// Without an agent a container does not start; when the agent of a running container ends, its calls get ENOSYS and are not made.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  callgate export oci profile.json --target runc@1.1.5 --listener /run/callgate.sock -o seccomp.json
  callgate agent --socket /run/callgate.sock")]
pub(crate) struct Agent {
    /// Where runtimes connect; the file is made for this user alone
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    /// The executable of an external plugin [default: callgate-action-NAME on PATH]; repeatable
    #[arg(long, value_name = "NAME=FILE")]
    plugin: Vec<Named>,
}

/// Listens and serves.
pub(crate) fn run(arguments: &Agent) -> Ended {
    let listener = listener(&arguments.socket)?;
    crate::say!("listening on {}", arguments.socket.display());
    for stream in listener.incoming() {
        match stream {
            Ok(stream) => {
                let named = arguments.plugin.clone();
                thread::spawn(move || {
                    if let Err(error) = attend(stream, &named) {
                        crate::say!("{error}");
                    }
                });
            }
            Err(error) => crate::say!("accept: {}", words::system_error(&error)),
        }
    }
    Ok(Status::Yes)
}

/// Binds the socket; one that nobody listens on any more is replaced.
fn listener(path: &Path) -> Result<UnixListener, Failure> {
    let failure = |error: &io::Error| {
        let error = words::system_error(error);
        Failure::new(
            Status::NotPossible,
            format_args!("{}: {error}", path.display()),
        )
    };
    let is_socket = fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if is_socket {
        match UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                fs::remove_file(path).map_err(|error| failure(&error))?;
            }
            _ => {
                return Err(Failure::new(
                    Status::NotPossible,
                    format_args!("{}: somebody listens there already", path.display()),
                ));
            }
        }
    }
    callgate_actions::agent::bind(path).map_err(|error| failure(&error))
}

/// Serves one container to its end.
fn attend(mut stream: UnixStream, named: &[Named]) -> Result<(), String> {
    let Container {
        id,
        process,
        metadata,
        listener,
    } = agent::receive(&mut stream)
        .map_err(|error| format!("a runtime: {}", words::system_error(&error)))?;
    let of = |error: String| format!("container {id}: {error}");
    let (profile, resolved) = agent::meaning(&metadata).map_err(of)?;
    let surroundings = supervisor::surroundings(&profile, named, {
        let id = id.clone();
        move |call| {
            format!(
                "container {id}: denied {} in {}",
                call.name(),
                call.thread()
            )
        }
    })
    .map_err(|error| of(words::system_error(&error)))?;
    let registry = plugins::registry(&profile, &surroundings).map_err(|problems| {
        let messages: Vec<String> = problems
            .into_iter()
            .map(|problem| problem.message)
            .collect();
        of(messages.join("; "))
    })?;
    let listener = Listener::new(listener).map_err(|error| of(words::system_error(&error)))?;
    crate::say!("container {id}: serving, from process {process} on");
    let served = serve(&listener, &resolved, &registry);
    served.map_err(|error| of(words::system_error(&error)))?;
    crate::say!("container {id}: ended");
    Ok(())
}
