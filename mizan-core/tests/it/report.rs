//! The faults of a report on types, by their numbers.

use mizan_core::{Error, Principal, Registry, client};
use proptest::prelude::*;
use serde_json::json;

use crate::result;

#[client]
async fn float(value: f64) -> Result<f64, Error> {
    Ok(value)
}

mod b2_floats_are_exact {
    use super::*;

    async fn echo(value: &str) -> f64 {
        let app = Registry::new().function::<Float>().build().unwrap();
        let input = format!(r#"{{"value":{value}}}"#);
        let reply = result(&app, Principal::anonymous(), "float", input).await;
        reply.unwrap().as_f64().unwrap()
    }

    #[tokio::test]
    async fn inputs_of_the_report() {
        for text in ["9.548387536568747", "0.09999999999999999", "5e-324"] {
            assert_eq!(json!(echo(text).await).to_string(), text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn every_double_arrives_as_it_was_sent(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let found = runtime.block_on(echo(&json!(value).to_string()));
            prop_assert_eq!(found.to_bits(), value.to_bits());
        }
    }
}
