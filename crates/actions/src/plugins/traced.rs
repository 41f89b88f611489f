//! A plugin that is asked by a tracer, as it is by a listener.
//!
//! Apart from the plugins, which don't know who holds their callers.

use std::io;

use crate::call::Call;
use crate::registry::{NotifyHandler, TraceHandler};
use crate::reply::{Reply, TraceReply};

/// Gives a tracer what a listener would get; no descriptors, for which there is the action's `otherwise`.
pub(super) struct Traced(pub(super) Box<dyn NotifyHandler>);

impl TraceHandler for Traced {
    fn handle(&self, call: &Call<'_>) -> io::Result<TraceReply> {
        Ok(match self.0.handle(call)? {
            Reply::Value(value) => TraceReply::Value(value),
            Reply::Errno(errno) => TraceReply::Errno(errno),
            Reply::Continue(race) => TraceReply::Continue(race),
            Reply::Descriptor { .. } | Reply::Otherwise => TraceReply::Otherwise,
        })
    }

    fn close(&self) {
        self.0.close();
    }
}
