use mizan_core::{Channel, Cx, Decision, channel};

struct Prices;

#[channel]
impl Channel for Prices {
    type Params = Ticker;
    type ServerMessage = f64;
    type ClientMessage = f64;
    const NAME: &'static str = "prices";

    async fn authorize(_: &Cx, _: &Ticker) -> Decision {
        Decision::Allow
    }

    async fn receive(_: &Cx, _: &Ticker, _: f64) -> Result<(), mizan_core::Error> {
        Ok(())
    }

    fn group(_: &Ticker) -> String {
        String::new()
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Ticker {}

fn main() {}
