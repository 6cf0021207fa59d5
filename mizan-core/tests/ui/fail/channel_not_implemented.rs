use mizan_core::Registry;

struct Prices;

fn main() {
    let _ = Registry::new().channel::<Prices>();
}
