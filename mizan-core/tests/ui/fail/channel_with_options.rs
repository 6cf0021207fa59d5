use mizan_core::channel;

#[channel(name = "prices")]
struct Prices;

fn main() {}
