//! The faults of a report on types, by their numbers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mizan_core::channel::Snapshot;
use mizan_core::{
    Channel, ClientError, Cx, Decision, Error, Principal, Registry, RequestHead, channel, client,
};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::Validate;

use crate::{field_errors, result};

async fn call(registry: Registry, name: &str, input: &str) -> Result<Value, Error> {
    let app = registry.build().unwrap();
    result(&app, Principal::anonymous(), name, input).await
}

/// Returns the code of an error and its field errors.
async fn rejection(registry: Registry, name: &str, input: &str) -> String {
    let error = call(registry, name, input).await.unwrap_err();
    format!("{}; {}", error.code(), field_errors(&error).join("; "))
}

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

mod b7_infinities_are_refused {
    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Measured {
        rows: Vec<Row>,
    }

    #[derive(Serialize, JsonSchema)]
    struct Row {
        value: f64,
    }

    #[client]
    async fn measure() -> Result<Measured, Error> {
        let rows = vec![Row { value: 1.0 }, Row { value: f64::NAN }];
        Ok(Measured { rows })
    }

    #[derive(ClientError)]
    enum MeasureError {
        Failed { deviation: f32 },
    }

    #[client]
    async fn fail() -> Result<(), MeasureError> {
        let deviation = f32::INFINITY;
        Err(MeasureError::Failed { deviation })
    }

    #[derive(Deserialize, JsonSchema)]
    struct NoParams {}

    struct Prices;

    #[channel]
    impl Channel for Prices {
        type Params = NoParams;
        type ServerMessage = f64;
        type Snapshot = Vec<f64>;
        const NAME: &'static str = "prices";

        async fn authorize(_: &Cx, _: &NoParams) -> Decision {
            Decision::Allow
        }

        fn group(_: &NoParams) -> String {
            String::new()
        }

        async fn snapshot(_: &Cx, _: &NoParams) -> Result<Option<Snapshot<Vec<f64>>>, Error> {
            Ok(Some(Snapshot::new(vec![1.0, f64::NAN])))
        }
    }

    #[tokio::test]
    async fn in_snapshots_of_channels() {
        let app = Registry::new().channel::<Prices>().build().unwrap();
        let cx = app.context(Principal::anonymous(), Arc::new(RequestHead::empty()));
        let subscription = app.channel("prices").unwrap().subscription(b"").unwrap();
        let error = subscription.snapshot(cx).await.unwrap_err();
        let log = format!("{error:?}");
        assert!(log.contains("cannot encode `1`: NaN"), "{log}");
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    #[serde(untagged)]
    enum Either {
        Single { single: f32 },
        Double { double: f64 },
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct More {
        flat: f32,
    }

    #[client]
    async fn singles(
        v: Option<f32>,
        list: Option<Vec<f32>>,
        map: Option<BTreeMap<String, f32>>,
        wide: Option<f64>,
        any: Option<Value>,
        either: Option<Either>,
        #[serde(flatten)] more: Option<More>,
    ) -> Result<Value, Error> {
        Ok(json!([v, list, map, wide, any, either, more]))
    }

    #[tokio::test]
    async fn in_outputs_and_errors() {
        let registry = || Registry::new().function::<Measure>().function::<Fail>();
        let error = call(registry(), "measure", "").await.unwrap_err();
        assert_eq!(error.code(), "internal");
        let log = format!("{error:?}");
        assert!(log.contains("cannot encode `rows.1.value`: NaN"), "{log}");

        let error = call(registry(), "fail", "").await.unwrap_err();
        assert_eq!(error.code(), "internal");
        let log = format!("{error:?}");
        assert!(log.contains("cannot encode `deviation`: inf"), "{log}");
    }

    #[tokio::test]
    async fn in_inputs() {
        let registry = || Registry::new().function::<Singles>();
        for (input, path) in [
            (r#"{"v":1e39}"#, "v"),
            (r#"{"v":-3.5e38}"#, "v"),
            (r#"{"list":[0,1e39]}"#, "list.1"),
            (r#"{"map":{"a/b":1e39}}"#, "map.a/b"),
            (r#"{"either":{"single":1e39}}"#, "either.single"),
            (r#"{"flat":1e39}"#, "flat"),
            (r#"{"wide":1e400}"#, "wide"),
            (r#"{"any":[{"a":1e400}]}"#, "any.0.a"),
        ] {
            let expected = format!("invalid; {path}: Too large or too small.");
            assert_eq!(rejection(registry(), "singles", input).await, expected);
        }
        for input in [
            r#"{"v":3.4e38,"wide":1e39}"#,
            r#"{"any":1e300,"either":{"double":1e39}}"#,
        ] {
            assert!(call(registry(), "singles", input).await.is_ok(), "{input}");
        }
    }
}

mod b8_exact_numbers {
    use mizan_core::wire::AsText;
    use serde_json::Number;

    use super::*;

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Exact {
        #[serde(with = "AsText::<Number>")]
        number: Number,
        #[serde(with = "AsText::<Value>")]
        value: Value,
    }

    #[client(input = ExactInput)]
    async fn exact(exact: Exact) -> Result<Exact, Error> {
        Ok(exact)
    }

    #[tokio::test]
    async fn numbers_and_json_as_text() {
        let exact =
            json!({ "number": "18446744073709551615", "value": "{\"id\":9007199254740993}" });
        let input = json!({ "exact": exact }).to_string();
        let registry = Registry::new().function::<ExactInput>();
        assert_eq!(call(registry, "exact", &input).await.unwrap(), exact);
    }
}

mod b9_constraints_have_wire_names {
    use super::*;

    #[derive(Deserialize, Serialize, JsonSchema, Validate)]
    #[serde(rename_all = "camelCase")]
    struct Inner {
        #[validate(length(max = 2))]
        first_name: String,
        #[validate(range(max = 5))]
        #[serde(rename = "howMany")]
        count: Option<u8>,
    }

    #[derive(Deserialize, Serialize, JsonSchema, Validate)]
    struct Flat {
        #[serde(flatten)]
        #[validate(nested)]
        inner: Inner,
    }

    #[client(input = PathsInput)]
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument for each kind of path"
    )]
    async fn paths(
        #[serde(rename = "userName")]
        #[validate(length(max = 2))]
        user_name: Option<String>,
        #[serde(rename = "@id")]
        #[validate(range(min = 3))]
        id: Option<u8>,
        #[validate(nested)] inner: Option<Inner>,
        #[validate(nested)] map: Option<HashMap<String, Inner>>,
        #[validate(nested)] sorted: Option<BTreeMap<String, Inner>>,
        #[validate(nested)] list: Option<Vec<Inner>>,
        #[validate(nested)] flat: Option<Flat>,
        #[validate(nested)]
        #[serde(rename = "Other")]
        another: Option<Inner>,
    ) -> Result<(), Error> {
        let _ = (user_name, id, inner, map, sorted, list, flat, another);
        Ok(())
    }

    #[tokio::test]
    async fn of_arguments_structs_maps_and_flattened_fields() {
        const LONG: &str = "Must have at most 2 characters.";
        for (input, path, message) in [
            (r#"{"userName":"abc"}"#, "userName", LONG),
            (r#"{"@id":1}"#, "@id", "Must be at least 3."),
            (r#"{"inner":{"firstName":"abc"}}"#, "inner.firstName", LONG),
            (
                r#"{"inner":{"firstName":"a","howMany":9}}"#,
                "inner.howMany",
                "Must be at most 5.",
            ),
            (
                r#"{"map":{"k.0":{"firstName":"a"},"k.1":{"firstName":"abc"}}}"#,
                "map.k.1.firstName",
                LONG,
            ),
            (
                r#"{"sorted":{"b":{"firstName":"abc"},"a":{"firstName":"a"}}}"#,
                "sorted.b.firstName",
                LONG,
            ),
            (
                r#"{"list":[{"firstName":"a"},{"firstName":"abc"}]}"#,
                "list.1.firstName",
                LONG,
            ),
            (r#"{"flat":{"firstName":"abc"}}"#, "flat.firstName", LONG),
            (r#"{"Other":{"firstName":"abc"}}"#, "Other.firstName", LONG),
        ] {
            let registry = Registry::new().function::<PathsInput>();
            let expected = format!("invalid; {path}: {message}");
            assert_eq!(
                rejection(registry, "paths", input).await,
                expected,
                "{input}"
            );
        }
        let input =
            r#"{"map":{"a":{"firstName":"abc"},"b":{"firstName":"abcd"},"c":{"firstName":"abc"}}}"#;
        let registry = Registry::new().function::<PathsInput>();
        assert_eq!(
            rejection(registry, "paths", input).await,
            format!(
                "invalid; map.a.firstName: {LONG}; map.b.firstName: {LONG}; map.c.firstName: {LONG}"
            )
        );
    }

    #[tokio::test]
    async fn of_many_items_takes_linear_time() {
        let members = |names: &[&str]| -> Value {
            let members = (0..20_000).map(|number| {
                let name = names[number % names.len()];
                (format!("k{number:05}"), json!({ "firstName": name }))
            });
            members.collect::<serde_json::Map<_, _>>().into()
        };
        let list = vec![json!({ "firstName": "abc" }); 20_000];
        for input in [
            json!({ "map": members(&["abc"]) }),
            json!({ "sorted": members(&["a", "abc"]) }),
            json!({ "list": list }),
        ] {
            let registry = Registry::new().function::<PathsInput>();
            let error = call(registry, "paths", &input.to_string()).await;
            assert_eq!(error.unwrap_err().fields().len(), 100);
        }
    }
}

mod b10_optional_arguments_with_an_encoding {
    use super::*;

    fn text_opt<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u64>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom))
            .transpose()
    }

    #[client]
    async fn optional(
        #[serde(deserialize_with = "text_opt")]
        #[schemars(with = "Option<String>")]
        big: Option<u64>,
    ) -> Result<Option<u64>, Error> {
        Ok(big)
    }

    #[tokio::test]
    async fn can_be_left_out() {
        for (input, output) in [("{}", json!(null)), (r#"{"big":"7"}"#, json!(7))] {
            let registry = Registry::new().function::<Optional>();
            assert_eq!(call(registry, "optional", input).await.unwrap(), output);
        }
    }
}

/// Constraints of a struct that is nested in an argument. The arguments themselves are in the golden cases
/// of `mizan-codegen`.
mod b12_b13_constraints_of_nested_structs {
    use mizan_core::constraints;

    use super::*;

    #[constraints]
    #[derive(Deserialize, JsonSchema, Validate)]
    #[serde(rename_all = "camelCase")]
    struct Account {
        #[validate(email(message = "no mail"))]
        email: String,
        #[validate(contains(pattern = "@", message = "needs an at"))]
        sender: String,
        #[validate(range(exclusive_min = 0.0, exclusive_max = 1.0))]
        share: f64,
        new_password: String,
        #[validate(must_match(other = "new_password"))]
        again: String,
    }

    #[client]
    async fn open(#[validate(nested)] accounts: Vec<Account>) -> Result<(), Error> {
        let _ = accounts;
        Ok(())
    }

    #[tokio::test]
    async fn are_in_the_schema_and_checked() {
        let registry = || Registry::new().function::<Open>();
        let manifest = registry().manifest().unwrap();
        let properties = &manifest.as_json()["$defs"]["Account"]["properties"];
        assert_eq!(
            properties["email"]["x-checks"]["messages"]["email"],
            "no mail"
        );
        assert_eq!(properties["sender"]["x-checks"]["contains"], "@");
        assert_eq!(properties["share"]["exclusiveMinimum"], 0.0);
        assert_eq!(properties["share"]["exclusiveMaximum"], 1.0);
        assert_eq!(properties["again"]["x-checks"]["mustMatch"], "newPassword");

        let input = json!({ "accounts": [{
            "email": "a", "sender": "b", "share": 1, "newPassword": "c", "again": "d",
        }] });
        assert_eq!(
            rejection(registry(), "open", &input.to_string()).await,
            "invalid; accounts.0.again: Does not match.; accounts.0.email: no mail; \
             accounts.0.sender: needs an at; \
             accounts.0.share: Must be more than 0.0 and less than 1.0."
        );
    }
}

mod b20_lone_surrogates {
    use super::*;

    #[client]
    async fn texts(text: Option<String>, list: Option<Vec<String>>) -> Result<(), Error> {
        let _ = (text, list);
        Ok(())
    }

    #[tokio::test]
    async fn have_a_message_at_their_field() {
        for (input, path) in [
            (r#"{"text":"cut in half \ud83d"}"#, "text"),
            (r#"{"text":"\ud83d and more"}"#, "text"),
            (r#"{"text":"\udc00"}"#, "text"),
            (r#"{"text":"\ud83d\n"}"#, "text"),
            (r#"{"list":["a","\ud800"]}"#, "list.1"),
        ] {
            let input = input.replace("\\\\", "\\");
            let registry = Registry::new().function::<Texts>();
            assert_eq!(
                rejection(registry, "texts", &input).await,
                format!("invalid; {path}: Contains an incomplete character."),
                "{input}"
            );
        }
    }
}

mod b21_messages_are_for_people {
    use super::*;

    #[derive(Deserialize, JsonSchema)]
    enum Color {
        Red,
        Blue,
    }

    #[client]
    #[expect(clippy::too_many_arguments, reason = "one argument for each type")]
    async fn typed(
        small: Option<u8>,
        signed: Option<i64>,
        unsigned: Option<u64>,
        huge: Option<u128>,
        float: Option<f64>,
        flag: Option<bool>,
        letter: Option<char>,
        pair: Option<(u8, u8)>,
        list: Option<Vec<Option<u8>>>,
        map: Option<HashMap<u8, u8>>,
        color: Option<Color>,
        id: Option<uuid::Uuid>,
        ip: Option<std::net::IpAddr>,
        text: Option<String>,
        required: Option<Vec<u8>>,
    ) -> Result<(), Error> {
        let _ = (
            small, signed, unsigned, huge, float, flag, letter, pair, list, map,
        );
        let _ = (
            color.map(|color| matches!(color, Color::Red)),
            id,
            ip,
            text,
            required,
        );
        Ok(())
    }

    #[tokio::test]
    async fn for_every_type() {
        for (input, expected) in [
            (
                r#""small":256"#,
                "small: Must be at least 0 and at most 255.",
            ),
            (r#""small":1.5"#, "small: Enter a whole number."),
            (r#""small":"5""#, "small: Enter a whole number."),
            (
                r#""signed":9223372036854775808"#,
                "signed: Must be at least -9223372036854775808 and at most 9223372036854775807.",
            ),
            (
                r#""unsigned":1234567890123456789012345678901234567890"#,
                "unsigned: Must be at least 0 and at most 18446744073709551615.",
            ),
            (
                r#""unsigned":-1"#,
                "unsigned: Must be at least 0 and at most 18446744073709551615.",
            ),
            (r#""unsigned":1e400"#, "unsigned: Too large or too small."),
            (r#""float":"x""#, "float: Enter a number."),
            (r#""flag":1"#, "flag: Must be true or false."),
            (r#""letter":"ab""#, "letter: Must have exactly 1 character."),
            (r#""pair":[1]"#, "pair: Must have exactly 2 items."),
            (r#""pair":[1,2,3]"#, "pair: Must have exactly 2 items."),
            (r#""pair":{}"#, "pair: Must be a list."),
            (r#""list":"a""#, "list: Must be a list."),
            (r#""list":[null,"a"]"#, "list.1: Enter a whole number."),
            (r#""map":[]"#, "map: Must be an object."),
            (r#""map":{"1":null}"#, "map.1: This field is required."),
            (r#""color":"Green""#, "color: Choose one of the options."),
            (r#""color":5"#, "color: Choose one of the options."),
            (r#""id":"x""#, "id: Must be a UUID."),
            (r#""id":5"#, "id: Must be a UUID."),
            (r#""ip":"1.2.3""#, "ip: Enter a valid IP address."),
            (r#""text":[]"#, "text: Must be text."),
            (
                r#""required":[null]"#,
                "required.0: This field is required.",
            ),
        ] {
            let registry = Registry::new().function::<Typed>();
            let input = format!("{{{input}}}");
            assert_eq!(
                rejection(registry, "typed", &input).await,
                format!("invalid; {expected}"),
                "{input}"
            );
        }
    }
}

mod b23_shapes_that_serde_lacks {
    use super::*;

    macro_rules! output {
        ($name:ident, $ty:ty) => {
            #[client]
            async fn $name() -> Result<$ty, Error> {
                unreachable!("building the registry rejects the function")
            }
        };
    }

    #[derive(Serialize, JsonSchema)]
    struct FlatNumber {
        #[serde(flatten)]
        x: u32,
    }

    #[derive(Serialize, JsonSchema)]
    struct FlatList {
        #[serde(flatten)]
        x: Vec<u8>,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only the schema is used")]
    enum Scalar {
        Text(String),
        Number(u8),
    }

    #[derive(Serialize, JsonSchema)]
    struct FlatScalar {
        id: u8,
        #[serde(flatten)]
        x: Scalar,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(tag = "t")]
    #[expect(dead_code, reason = "only the schema is used")]
    enum Tagged {
        A(u32),
    }

    output!(number, FlatNumber);
    output!(list, FlatList);
    output!(scalars, FlatScalar);
    output!(tagged_newtype, Tagged);

    #[derive(Deserialize, JsonSchema)]
    struct Keys {
        id: u8,
        #[serde(flatten)]
        rest: BTreeMap<u32, u8>,
    }

    #[client(input = KeysInput)]
    async fn keys(keys: Keys) -> Result<usize, Error> {
        Ok(keys.rest.len() + usize::from(keys.id))
    }

    #[test]
    fn are_refused_by_name() {
        let problems = |registry: Registry| registry.manifest().unwrap_err().to_string();
        for (registry, name) in [
            (
                Registry::new().function::<Number>(),
                "the type `FlatNumber`",
            ),
            (Registry::new().function::<List>(), "the type `FlatList`"),
            (
                Registry::new().function::<Scalars>(),
                "the type `FlatScalar`",
            ),
            (
                Registry::new().function::<TaggedNewtype>(),
                "the type `Tagged`",
            ),
            (Registry::new().function::<KeysInput>(), "the type `Keys`"),
        ] {
            let text = problems(registry);
            assert!(
                text.contains(name) && text.contains("serde cannot"),
                "{text}"
            );
        }
    }

    type Nested<K> = BTreeMap<String, Vec<BTreeMap<K, u8>>>;

    macro_rules! input {
        ($name:ident, $ty:ty) => {
            #[client]
            async fn $name(map: $ty) -> Result<(), Error> {
                let _ = map;
                Ok(())
            }
        };
    }

    #[derive(Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd)]
    struct Point {
        x: u8,
    }

    #[derive(Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd)]
    enum Mixed {
        A,
        B(u8),
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "t", content = "c")]
    enum Message {
        Pairs {
            #[expect(dead_code, reason = "only the schema is used")]
            pairs: BTreeMap<(u8, u8), u8>,
        },
    }

    input!(by_tuple, Nested<(u8, u8)>);
    input!(by_list, Nested<Vec<u8>>);
    input!(by_struct, Nested<Point>);
    input!(by_optional_tuple, Nested<Option<(u8, u8)>>);
    input!(in_a_variant, Message);

    input!(by_text, Nested<String>);
    input!(by_number, Nested<u8>);
    input!(by_bool, Nested<bool>);
    input!(by_char, Nested<char>);
    input!(by_date, Nested<jiff::civil::Date>);
    input!(by_optional_number, Nested<Option<u32>>);
    input!(by_variant, Nested<Mixed>);

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Pairs {
        pairs: BTreeMap<String, BTreeMap<(u8, u8), u8>>,
    }

    output!(echoed_pairs, Pairs);

    #[test]
    fn keys_that_are_not_text_are_refused_by_name() {
        for (registry, path) in [
            (
                Registry::new().function::<ByTuple>(),
                "`map.*` in the input of `by_tuple`",
            ),
            (
                Registry::new().function::<ByList>(),
                "`map.*` in the input of `by_list`",
            ),
            (
                Registry::new().function::<ByStruct>(),
                "`map.*` in the input of `by_struct`",
            ),
            (
                Registry::new().function::<ByOptionalTuple>(),
                "`map.*` in the input of `by_optional_tuple`",
            ),
            (
                Registry::new().function::<InAVariant>(),
                "`map.c.pairs` in the input of `in_a_variant`",
            ),
            (
                Registry::new().function::<EchoedPairs>(),
                "`pairs.*` in the output of `echoed_pairs`",
            ),
        ] {
            let text = registry.manifest().unwrap_err().to_string();
            assert!(text.contains(path), "{text}");
            assert!(text.contains("a map whose keys are not text"), "{text}");
        }
    }

    #[test]
    fn keys_that_are_text_are_accepted() {
        let registry = Registry::new()
            .function::<ByText>()
            .function::<ByNumber>()
            .function::<ByBool>()
            .function::<ByChar>()
            .function::<ByDate>()
            .function::<ByOptionalNumber>()
            .function::<ByVariant>();
        registry.manifest().unwrap();
    }

    #[derive(Serialize, JsonSchema)]
    struct OnlyWritten {
        pairs: BTreeMap<String, BTreeMap<(u8, u8), u8>>,
    }

    #[client(input = PairsInput)]
    async fn pairs() -> Result<OnlyWritten, Error> {
        let inner = BTreeMap::from([((1, 2), 3)]);
        let pairs = BTreeMap::from([("a".to_owned(), inner)]);
        Ok(OnlyWritten { pairs })
    }

    /// The schema does not have the type of a key, and nothing can be decoded.
    #[tokio::test]
    async fn keys_of_a_type_without_deserialize_are_logged_with_their_path() {
        let error = call(Registry::new().function::<PairsInput>(), "pairs", "");
        let log = format!("{:?}", error.await.unwrap_err());
        assert!(log.contains("cannot encode `pairs.a"), "{log}");
        assert!(log.contains("key must be a string"), "{log}");
    }

    macro_rules! enum_with_input_variant {
        ($name:ident $(, $attribute:meta)?) => {
            #[derive(Deserialize, Serialize, JsonSchema)]
            $(#[$attribute])?
            #[expect(dead_code, reason = "only the schema is used")]
            enum $name {
                Open { id: u8 },
                /// Documented.
                Closed,
                #[serde(skip_serializing)]
                Legacy { id: u8 },
            }
        };
    }

    enum_with_input_variant!(External);
    enum_with_input_variant!(Internal, serde(tag = "t"));
    enum_with_input_variant!(Adjacent, serde(tag = "t", content = "c"));

    #[derive(Deserialize, Serialize, JsonSchema)]
    enum Units {
        Open,
        #[serde(skip_serializing)]
        Legacy,
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    #[expect(dead_code, reason = "only the schema is used")]
    enum Whole {
        Open,
        #[serde(skip_deserializing)]
        Internal,
        #[serde(rename(serialize = "done", deserialize = "closed"))]
        Done,
        #[serde(other)]
        Other,
    }

    #[derive(ClientError)]
    #[expect(dead_code, reason = "only the schema is used")]
    enum EchoError {
        Refused { units: Vec<Units> },
    }

    #[client]
    async fn fail_with_units() -> Result<(), EchoError> {
        Ok(())
    }

    output!(show_external, Vec<External>);
    output!(show_internal, Option<Internal>);
    output!(show_adjacent, Adjacent);
    output!(show_units, BTreeMap<String, Units>);
    output!(show_whole, Whole);
    input!(read_external, External);

    #[test]
    fn variants_that_serde_does_not_write_are_refused_in_outputs() {
        for (registry, name) in [
            (Registry::new().function::<ShowExternal>(), "External"),
            (Registry::new().function::<ShowInternal>(), "Internal"),
            (Registry::new().function::<ShowAdjacent>(), "Adjacent"),
            (Registry::new().function::<ShowUnits>(), "Units"),
            (Registry::new().function::<FailWithUnits>(), "Units"),
        ] {
            let text = registry.manifest().unwrap_err().to_string();
            let expected = format!(
                "the type `{name}` is part of an output, but serde does not write its variants `Legacy`"
            );
            assert!(text.contains(&expected), "{text}");
        }
        let accepted = Registry::new()
            .function::<ShowWhole>()
            .function::<ReadExternal>();
        accepted.manifest().unwrap();
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    enum Unit {
        /// Documented.
        One,
        Two,
        Three(u8),
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct FlatUnit {
        #[serde(flatten)]
        unit: Unit,
    }

    #[client(input = UnitInput)]
    async fn unit(value: FlatUnit) -> Result<FlatUnit, Error> {
        Ok(value)
    }

    #[tokio::test]
    async fn flattened_variants_are_objects_in_the_schema() {
        let registry = || Registry::new().function::<UnitInput>();
        let manifest = registry().manifest().unwrap();
        let text = manifest.as_json().to_string();
        assert!(!text.contains(r#""const":"One""#), "{text}");
        let sent = json!({ "One": null });
        let found = call(registry(), "unit", &json!({ "value": sent }).to_string())
            .await
            .unwrap();
        assert_eq!(found, sent);
    }
}

mod b24_names_and_depth {
    use super::*;

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Page<T> {
        items: Vec<T>,
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct User {
        name: String,
    }

    #[derive(Serialize, JsonSchema)]
    struct Tree {
        children: Vec<Tree>,
    }

    mod mail {
        use super::*;

        #[derive(Serialize, JsonSchema)]
        pub(super) struct User {
            address: String,
        }
    }

    #[client]
    async fn users() -> Result<Page<User>, Error> {
        Ok(Page { items: Vec::new() })
    }

    #[client]
    async fn trees() -> Result<Page<Tree>, Error> {
        Ok(Page { items: Vec::new() })
    }

    #[client]
    async fn receivers() -> Result<Vec<mail::User>, Error> {
        Ok(Vec::new())
    }

    #[client]
    async fn save(page: Page<User>) -> Result<(), Error> {
        let _ = page;
        Ok(())
    }

    #[client]
    async fn deep() -> Result<Tree, Error> {
        let mut tree = Tree {
            children: Vec::new(),
        };
        for _ in 0..5_000 {
            tree = Tree {
                children: vec![tree],
            };
        }
        // Dropping a deep value is recursive too, which is up to the application.
        Ok(tree)
    }

    #[derive(Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
    enum Weekday {
        /// The first.
        Monday,
        #[serde(rename = "tue")]
        Tuesday,
    }

    #[derive(Deserialize, JsonSchema, Serialize)]
    struct Hours {
        open: Option<BTreeMap<Weekday, Vec<u8>>>,
    }

    #[client]
    async fn set_hours(hours: Hours, inline: BTreeMap<Weekday, u8>) -> Result<Hours, Error> {
        let _ = inline;
        Ok(hours)
    }

    #[client(input = GetHours)]
    async fn hours() -> Result<HashMap<Weekday, u8>, Error> {
        Ok(HashMap::new())
    }

    #[tokio::test]
    async fn documented_variants_are_the_keys_of_a_map() {
        let registry = || {
            Registry::new()
                .function::<SetHours>()
                .function::<GetHours>()
        };
        let manifest = registry().manifest().unwrap();
        let manifest = manifest.as_json();
        let expected = |values: Value| {
            json!({
                "type": "object",
                "additionalProperties": false,
                "properties": { "Monday": values, "tue": values },
            })
        };
        let open = &manifest["$defs"]["Hours"]["properties"]["open"];
        let small = json!({ "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 });
        assert_eq!(open["additionalProperties"], false, "{open}");
        assert_eq!(open["properties"]["tue"]["items"], small, "{open}");
        let functions = manifest["functions"].as_array().unwrap();
        let of = |name: &str| {
            functions
                .iter()
                .find(|function| function["name"] == name)
                .unwrap()
        };
        assert_eq!(
            of("set_hours")["input"]["properties"]["inline"],
            expected(small.clone())
        );
        assert_eq!(of("hours")["output"], expected(small));
        let input = r#"{"hours":{"open":{"tue":[8,18]}},"inline":{"Monday":1}}"#;
        let output = call(registry(), "set_hours", input).await.unwrap();
        assert_eq!(output, json!({ "open": { "tue": [8, 18] } }));
    }

    #[derive(Deserialize, JsonSchema, Serialize)]
    struct Same {
        #[serde(default)]
        value: u8,
    }

    #[derive(Deserialize, JsonSchema, Serialize)]
    struct SameIn {
        #[serde(default)]
        value: u16,
    }

    #[client(input = SameInput)]
    async fn same(same: Same, other: SameIn) -> Result<(Same, SameIn), Error> {
        Ok((same, other))
    }

    #[test]
    fn inputs_have_readable_names() {
        assert_eq!(
            definitions(&Registry::new().function::<SameInput>()),
            ["Same", "SameIn", "SameIn2", "SameInInput"]
        );
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(try_from = "u8")]
    struct Level(u8);

    impl TryFrom<u8> for Level {
        type Error = String;

        fn try_from(level: u8) -> Result<Self, String> {
            match level {
                1..=3 => Ok(Self(level)),
                _ => Err("choose a level from 1 to 3".to_owned()),
            }
        }
    }

    #[derive(Deserialize, JsonSchema)]
    struct Settings {
        levels: Vec<Level>,
    }

    #[client]
    async fn set_level(level: Option<Level>, settings: Option<Settings>) -> Result<(), Error> {
        let _ = (
            level.map(|level| level.0),
            settings.map(|settings| settings.levels),
        );
        Ok(())
    }

    #[tokio::test]
    async fn enums_that_are_numbers_have_their_own_message() {
        for (input, expected) in [
            (r#"{"level":9}"#, "level: Choose a level from 1 to 3."),
            (
                r#"{"settings":{"levels":[1,0]}}"#,
                "settings.levels.1: Choose a level from 1 to 3.",
            ),
            (
                r#"{"level":256}"#,
                "level: Must be at least 0 and at most 255.",
            ),
            (r#"{"level":"a"}"#, "level: Enter a whole number."),
        ] {
            let registry = Registry::new().function::<SetLevel>();
            assert_eq!(
                rejection(registry, "set_level", input).await,
                format!("invalid; {expected}"),
                "{input}"
            );
        }
    }

    fn definitions(registry: &Registry) -> Vec<String> {
        let manifest = registry.manifest().unwrap();
        let definitions = manifest.as_json()["$defs"].as_object().unwrap();
        definitions.keys().cloned().collect()
    }

    #[test]
    fn instances_of_generic_types_are_named_by_their_parameters() {
        let registry = Registry::new()
            .function::<Trees>()
            .function::<Users>()
            .function::<Save>();
        let other = Registry::new()
            .function::<Save>()
            .function::<Users>()
            .function::<Trees>();
        let names = definitions(&registry);
        assert_eq!(names, ["PageOfTree", "PageOfUser", "Tree", "User"]);
        assert_eq!(definitions(&other), names);
        assert_eq!(
            definitions(&Registry::new().function::<Users>()),
            ["Page", "User"]
        );
        // An input has the name of the output of the same type.
        let one_each = Registry::new().function::<Save>().function::<Trees>();
        assert_eq!(
            definitions(&one_each),
            ["PageOfTree", "PageOfUser", "Tree", "User"]
        );
    }

    #[test]
    fn types_of_one_name_are_named_by_their_modules() {
        let registry = Registry::new().function::<Users>().function::<Receivers>();
        assert_eq!(
            definitions(&registry),
            ["B24NamesAndDepthUser", "MailUser", "Page"]
        );
    }

    #[test]
    fn a_recursive_output_is_an_error() {
        let thread = std::thread::Builder::new().stack_size(8 << 20);
        let check = thread.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let error = runtime.block_on(call(Registry::new().function::<Deep>(), "deep", ""));
            let log = format!("{:?}", error.unwrap_err());
            assert!(log.contains("nested more than 512 levels deep"), "{log}");
        });
        check.unwrap().join().unwrap();
    }
}
