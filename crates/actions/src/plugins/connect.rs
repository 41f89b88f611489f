//! `connect`: connections and messages to a list of addresses alone.
//!
//! Apart from the parsing of addresses, because here it is acted: on a duplicate of the caller's socket, with a copy of the address.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;
use rustix::net::{
    SendAncillaryBuffer, SendFlags, SocketAddrAny, SocketAddrUnix, connect, connect_unspec,
    sendmsg, sendmsg_addr,
};
use serde_json::Value;

use super::config::Config;
use super::{Made, Plugin, Surroundings};
use crate::address::{Address, Allowed};
use crate::call::Call;
use crate::credentials::as_caller;
use crate::place;
use crate::registry::NotifyHandler;
use crate::reply::{Race, Reply};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "connect",
    about: "connect and send to a list of addresses alone",
    manual: "\
For connect, sendto, sendmsg, sendmmsg and, on 32-bit arches, socketcall. The supervisor copies the address, looks it up in the list,
and connects or sends by itself, on a duplicate of the caller's socket: what a thread of the caller does to its memory meanwhile
changes nothing. Other addresses get the action's `otherwise`.

`allow`: the addresses: \"127.0.0.1:5432\", \"10.0.0.0/8:*\", \"[::1]:80\", \"*:53\", \"unix:/run/x.sock\" (no symbolic link on the
way), \"unix:@name\".

Messages with control data (descriptors, credentials) are refused with EPERM, as they can't be copied.
The profile has to refuse io_uring, which connects and sends without these calls.

    \"with\": { \"allow\": [\"127.0.0.1:5432\"] }",
    around: &["io_uring_setup"],
    gives_descriptors: false,
    make,
};

struct Connect {
    allowed: Vec<Allowed>,
}

fn make(with: Option<&Value>, _: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let allowed = config.list("allow", Allowed::parse);
    config.finish(Box::new(Connect { allowed }) as Box<dyn NotifyHandler>)
}

impl NotifyHandler for Connect {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        let name = call.name();
        let done = match name.as_str() {
            "socketcall" => self.multiplexed(call),
            name => self.by_name(call, name, call.data().args),
        };
        Ok(Reply::of(done))
    }
}

impl Connect {
    fn by_name(&self, call: &Call<'_>, name: &str, args: [u64; 6]) -> io::Result<Reply> {
        match name {
            "connect" => self.connect(call, args),
            "sendto" | "send" => self.send_to(call, args),
            "sendmsg" => self.send_message(call, args),
            "sendmmsg" => self.send_messages(call, args),
            // No other call has an address of a peer.
            _ => Ok(Reply::Otherwise),
        }
    }

    /// `socketcall`, whose arguments are in memory; the copy is what counts.
    fn multiplexed(&self, call: &Call<'_>) -> io::Result<Reply> {
        let (name, count) = match call.arg(0) {
            3 => ("connect", 3),
            9 => ("send", 4),
            11 => ("sendto", 6),
            16 => ("sendmsg", 3),
            20 => ("sendmmsg", 4),
            // Which call it is stands in a register.
            _ => return Ok(Reply::Continue(Race::RegistersOnly)),
        };
        let size = call.word_size();
        let words = call.memory(call.arg(1), count * size)?;
        let mut args = [0; 6];
        for (arg, word) in args.iter_mut().zip(words.chunks(size)) {
            *arg = call.word_of(word);
        }
        self.by_name(call, name, args)
    }

    fn connect(&self, call: &Call<'_>, [socket, address, len, ..]: [u64; 6]) -> io::Result<Reply> {
        let address = call.socket_address(address, len)?;
        let socket = socket_of(call, socket)?;
        if address == Address::Unspecified {
            connect_unspec(&socket)?;
            return Ok(Reply::Value(0));
        }
        let Some(peer) = self.peer(call, &address)? else {
            return Ok(Reply::Otherwise);
        };
        as_caller(call, || Ok(connect(&socket, &peer.address)?))?;
        Ok(Reply::Value(0))
    }

    fn send_to(
        &self,
        call: &Call<'_>,
        [socket, data, len, flags, address, address_len]: [u64; 6],
    ) -> io::Result<Reply> {
        let is_without = address == 0 || call.name() == "send";
        let message = Message {
            address: if is_without { 0 } else { address },
            address_len,
            data: call.memory(data, length(len)?)?,
        };
        let socket = socket_of(call, socket)?;
        self.send(call, &socket, &message, flags)
    }

    fn send_message(
        &self,
        call: &Call<'_>,
        [socket, header, flags, ..]: [u64; 6],
    ) -> io::Result<Reply> {
        let message = message(call, header)?;
        let socket = socket_of(call, socket)?;
        self.send(call, &socket, &message, flags)
    }

    /// As many messages as can be sent, up to the first that can't, as the kernel does it.
    fn send_messages(
        &self,
        call: &Call<'_>,
        [socket, headers, count, flags, ..]: [u64; 6],
    ) -> io::Result<Reply> {
        /// `UIO_MAXIOV`, the most that the kernel takes.
        const MOST: u64 = 1024;
        let socket = socket_of(call, socket)?;
        let count = (count & 0xffff_ffff).min(MOST);
        let (header, len) = match call.word_size() {
            4 => (28, 32),
            _ => (56, 64),
        };
        for sent in 0..count {
            let at = headers.wrapping_add(sent * len);
            let done = message(call, at)
                .and_then(|message| self.send(call, &socket, &message, flags))
                .and_then(|reply| match reply {
                    Reply::Value(bytes) => {
                        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
                        call.write(at.wrapping_add(header), &bytes.to_ne_bytes())?;
                        Ok(None)
                    }
                    refused => Ok(Some(refused)),
                });
            match done {
                Ok(None) => {}
                Ok(Some(_)) | Err(_) if sent > 0 => return Ok(Reply::Value(sent as i64)),
                Ok(Some(refused)) => return Ok(refused),
                Err(error) => return Err(error),
            }
        }
        Ok(Reply::Value(count as i64))
    }

    fn send(
        &self,
        call: &Call<'_>,
        socket: &OwnedFd,
        message: &Message,
        flags: u64,
    ) -> io::Result<Reply> {
        let data = [IoSlice::new(&message.data)];
        // The signal would be this process's.
        let flags = SendFlags::from_bits_retain(flags as u32) | SendFlags::NOSIGNAL;
        let mut control = SendAncillaryBuffer::default();
        if message.address == 0 {
            let sent = as_caller(call, || Ok(sendmsg(socket, &data, &mut control, flags)?))?;
            return Ok(Reply::Value(sent as i64));
        }
        let address = call.socket_address(message.address, message.address_len)?;
        let Some(peer) = self.peer(call, &address)? else {
            return Ok(Reply::Otherwise);
        };
        let sent = as_caller(call, || {
            Ok(sendmsg_addr(
                socket,
                &peer.address,
                &data,
                &mut control,
                flags,
            )?)
        })?;
        Ok(Reply::Value(sent as i64))
    }

    /// Whom an address names, if that is allowed.
    fn peer(&self, call: &Call<'_>, address: &Address) -> io::Result<Option<Peer>> {
        let is_allowed = |address: &Address| {
            let mut allowed = self.allowed.iter();
            allowed.any(|allowed| allowed.includes(address))
        };
        Ok(match address {
            Address::Inet(inet) if is_allowed(address) => Some(Peer {
                address: (*inet).into(),
                _held: None,
            }),
            Address::Abstract(name) if is_allowed(address) => Some(Peer {
                address: SocketAddrUnix::new_abstract_name(name)?.into(),
                _held: None,
            }),
            Address::Path(path) => {
                let place = place::of_path(call, None, path)?;
                match is_allowed(&Address::Path(place.absolute())) {
                    true => Some(Peer::at(call, &place)?),
                    false => None,
                }
            }
            _ => None,
        })
    }
}

/// Whom to connect or send to.
struct Peer {
    address: SocketAddrAny,
    /// The socket's file, by whose number the address names it.
    _held: Option<OwnedFd>,
}

impl Peer {
    /// The Unix socket at a place; through no symbolic link, so that the place is the one that was allowed.
    fn at(call: &Call<'_>, place: &place::Place) -> io::Result<Self> {
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
        let path = std::ffi::OsStr::from_bytes(&place.path);
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let held = as_caller(call, || {
            Ok(openat2(&place.from, path, flags, Mode::empty(), resolve)?)
        })?;
        let name = format!("/proc/self/fd/{}", held.as_raw_fd());
        Ok(Self {
            address: SocketAddrUnix::new(name)?.into(),
            _held: Some(held),
        })
    }
}

/// A message, its data copied.
struct Message {
    address: u64,
    address_len: u64,
    data: Vec<u8>,
}

/// The message that a `struct msghdr` of the caller's memory describes.
fn message(call: &Call<'_>, header: u64) -> io::Result<Message> {
    /// `UIO_MAXIOV`.
    const PARTS: u64 = 1024;
    let size = call.word_size();
    // Name, its length, the parts and their number, control data and its length: each in the space of a word.
    let header = call.memory(header, 6 * size)?;
    let words: Vec<u64> = header.chunks(size).map(|word| call.word_of(word)).collect();
    let [address, address_len, parts, count, _, control_len] = words[..] else {
        return Err(Errno::FAULT.into());
    };
    if control_len != 0 {
        return Err(Errno::PERM.into());
    }
    if count > PARTS {
        return Err(Errno::MSGSIZE.into());
    }
    let mut data = Vec::new();
    let table = call.memory(parts, count as usize * 2 * size)?;
    for part in table.chunks(2 * size) {
        let (at, len) = part.split_at(size);
        let len = length(call.word_of(len))?;
        let part = call.memory(call.word_of(at), len)?;
        length((data.len() + part.len()) as u64)?;
        data.extend(part);
    }
    Ok(Message {
        address,
        // An int in the space of a word.
        address_len: address_len & 0xffff_ffff,
        data,
    })
}

/// A length that can be copied.
fn length(len: u64) -> io::Result<usize> {
    /// Larger messages are sent in parts by every program that checks what was sent.
    const MOST: u64 = 1 << 20;
    match len {
        0..=MOST => Ok(len as usize),
        _ => Err(Errno::MSGSIZE.into()),
    }
}

/// A duplicate of the caller's socket.
fn socket_of(call: &Call<'_>, number: u64) -> io::Result<OwnedFd> {
    // The number is an int.
    call.descriptor(number as u32 as i32)
}
