use mizan_core::channel;

struct Prices;

#[channel(name = "prices")]
impl mizan_core::Channel for Prices {}

#[channel(limit = "3/min by input.text")]
impl mizan_core::Channel for Prices {}

#[channel(limit = "3/min by principal")]
impl mizan_core::Channel for Prices {}

fn main() {}
