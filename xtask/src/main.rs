//! callgate's own tasks.

fn main() {}
