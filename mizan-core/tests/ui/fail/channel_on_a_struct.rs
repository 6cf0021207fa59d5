use mizan_core::channel;

#[channel]
struct Prices;

fn main() {}
