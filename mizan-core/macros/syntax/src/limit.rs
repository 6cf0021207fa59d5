//! The options `limit = ".."` and `limit_unavailable = ".."` of functions and forms.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::token::Bracket;
use syn::{Ident, LitStr, Result, Token, bracketed};

const EXAMPLE: &str = "limit = \"10/min by principal\"";

/// The limits of a function or form.
#[derive(Default)]
pub struct Limits {
    limits: Vec<Limit>,
    /// `true` to allow calls while the shared store is unavailable.
    opens: bool,
}

struct Limit {
    count: u32,
    period: Duration,
    burst: Option<u32>,
    by: By,
    span: Span,
}

#[derive(PartialEq)]
enum By {
    Principal,
    Address,
    Input(String),
}

impl Limits {
    /// Parses the value of `limit`: one text, or several in brackets.
    ///
    /// # Errors
    ///
    /// Returns an error for any other syntax, and for two limits that are equal.
    pub fn parse_limits(&mut self, input: ParseStream<'_>, option: &Ident) -> Result<()> {
        if !input.peek(Token![=]) {
            let message = format!("`limit` needs a value: write `{EXAMPLE}`");
            return Err(syn::Error::new(option.span(), message));
        }
        input.parse::<Token![=]>()?;
        let texts: Vec<LitStr> = if input.peek(Bracket) {
            let list;
            bracketed!(list in input);
            let list = Punctuated::<LitStr, Token![,]>::parse_terminated(&list);
            list.map_err(|error| {
                let message = "write each limit in quotes, as in `limit = [\"10/min by principal\", \
                               \"100/hour by address\"]`";
                syn::Error::new(error.span(), message)
            })?
            .into_iter()
            .collect()
        } else {
            let text = input.parse();
            vec![text.map_err(|error: syn::Error| {
                syn::Error::new(error.span(), format!("write `{EXAMPLE}`"))
            })?]
        };
        if texts.is_empty() {
            let message = format!("the list of limits is empty: write `{EXAMPLE}`");
            return Err(syn::Error::new(option.span(), message));
        }
        for text in texts {
            let limit = Limit::parse(&text.value(), text.span())
                .map_err(|message| syn::Error::new(text.span(), message))?;
            if self.limits.iter().any(|other| other.is_same(&limit)) {
                return Err(syn::Error::new(text.span(), "duplicate limit"));
            }
            self.limits.push(limit);
        }
        Ok(())
    }

    /// Parses the value of `limit_unavailable`.
    ///
    /// # Errors
    ///
    /// Returns an error if it is neither `"open"` nor `"closed"`.
    pub fn parse_unavailable(&mut self, input: ParseStream<'_>, option: &Ident) -> Result<()> {
        let text: LitStr = super::value(input, option, "limit_unavailable = \"open\"")?;
        self.opens = match text.value().as_str() {
            "open" => true,
            "closed" => false,
            _ => {
                return Err(syn::Error::new(
                    text.span(),
                    "while the shared store is unavailable, calls are allowed with \"open\", and \
                     refused with \"closed\", which is the default",
                ));
            }
        };
        Ok(())
    }

    /// Returns `true` if there are no limits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty()
    }

    /// Returns the arguments by which limits count, each once.
    #[must_use]
    pub fn arguments(&self) -> Vec<(&str, Span)> {
        let mut arguments: Vec<(&str, Span)> = Vec::new();
        for limit in &self.limits {
            if let By::Input(name) = &limit.by
                && !arguments.iter().any(|(known, _)| known == name)
            {
                arguments.push((name, limit.span));
            }
        }
        arguments
    }

    /// Returns the constant `LIMITS` of an implementation, or `None` if there are no limits.
    #[must_use]
    pub fn expand(&self) -> Option<TokenStream> {
        if self.limits.is_empty() {
            return None;
        }
        let limits = self.limits.iter().map(|limit| {
            let (count, seconds) = (limit.count, limit.period.as_secs());
            let by = match &limit.by {
                By::Principal => quote!(Principal),
                By::Address => quote!(Address),
                By::Input(name) => quote!(Input(#name)),
            };
            let burst = limit.burst.map(|burst| quote!(.burst(#burst)));
            let opens = self
                .opens
                .then(|| quote!(.on_store_failure(::mizan_core::limits::StoreFailure::Allow)));
            quote! {
                ::mizan_core::limits::Limit::new(
                    #count,
                    ::std::time::Duration::from_secs(#seconds),
                    ::mizan_core::limits::LimitBy::#by,
                )
                #burst
                #opens
            }
        });
        Some(quote! {
            const LIMITS: &'static [::mizan_core::limits::Limit] = &[#(#limits),*];
        })
    }
}

impl Limit {
    /// Parses `10/min by principal`, or `100/2hours burst 20 by input.email`.
    fn parse(text: &str, span: Span) -> std::result::Result<Self, String> {
        let unreadable = || {
            format!(
                "cannot read the limit `{text}`: write a count, a period and what it counts by, as in \
                 \"10/min by principal\", \"100/hour burst 20 by address\" or \"3/day by input.email\""
            )
        };
        let words: Vec<_> = text.split_whitespace().collect();
        let (rate, burst, by) = match words[..] {
            [rate, "by", by] => (rate, None, by),
            [rate, "burst", burst, "by", by] => (rate, Some(burst), by),
            _ => return Err(unreadable()),
        };
        let (count, period) = rate.split_once('/').ok_or_else(unreadable)?;
        let number = |text: &str, name: &str| match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!(
                "the {name} `{text}` is not a number between 1 and {}",
                u32::MAX
            )),
        };
        let (count, period) = (number(count, "count")?, parse_period(period)?);
        if period.as_micros() < u128::from(count) {
            return Err("a limit allows at most one call in a microsecond".to_owned());
        }
        Ok(Self {
            count,
            period,
            burst: burst.map(|burst| number(burst, "burst")).transpose()?,
            by: By::parse(by)?,
            span,
        })
    }

    /// Returns `true` if the two limits would have the same counts.
    fn is_same(&self, other: &Self) -> bool {
        let values = |limit: &Self| (limit.count, limit.period, limit.burst);
        values(self) == values(other) && self.by == other.by
    }
}

/// Parses a period such as `min`, `10min` or `2hours`: at most a year.
fn parse_period(text: &str) -> std::result::Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "s" | "sec" | "second" | "seconds" => 1,
        "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => {
            return Err(format!(
                "`{text}` is not a period: write a unit, `s`, `min`, `hour` or `day`, after a number \
                 unless it is 1, as in `min` or `10min`"
            ));
        }
    };
    let number: Option<u64> = if number.is_empty() {
        Some(1)
    } else {
        number.parse().ok()
    };
    let total = number.and_then(|number| number.checked_mul(seconds));
    match total {
        Some(total) if (1..=366 * 86_400).contains(&total) => Ok(Duration::from_secs(total)),
        _ => Err(format!(
            "the period `{text}` is not between a second and a year"
        )),
    }
}

impl By {
    fn parse(text: &str) -> std::result::Result<Self, String> {
        match text {
            "principal" => Ok(Self::Principal),
            "address" => Ok(Self::Address),
            _ => match text.strip_prefix("input.") {
                Some(name) if syn::parse_str::<Ident>(name).is_ok() => {
                    Ok(Self::Input(name.to_owned()))
                }
                Some(name) => Err(format!(
                    "`{name}` is not the name of an argument: a limit counts by one argument, as in \
                     `by input.email`"
                )),
                None => Err(format!(
                    "a limit cannot count by `{text}`: write `by principal`, `by address`, or the name \
                     of an argument, as in `by input.email`"
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> std::result::Result<(u32, u64, Option<u32>), String> {
        let limit = Limit::parse(text, Span::call_site())?;
        Ok((limit.count, limit.period.as_secs(), limit.burst))
    }

    #[test]
    fn parses_limits() {
        for (text, expected) in [
            ("10/min by principal", (10, 60, None)),
            ("1/s by address", (1, 1, None)),
            ("100/2hours burst 20 by input.email", (100, 7_200, Some(20))),
            ("3/10min by input.email", (3, 600, None)),
            ("1/366days  by  principal", (1, 366 * 86_400, None)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn rejects_malformed_limits() {
        for text in [
            "",
            "10",
            "10/min",
            "10 by principal",
            "10/min principal",
            "/min by principal",
            "0/min by principal",
            "-1/min by principal",
            "4294967296/min by principal",
            "1000001/s by principal",
            "10/ by principal",
            "10/fortnight by principal",
            "10/0min by principal",
            "10/367days by principal",
            "10/99999999999999999999s by principal",
            "10/min by",
            "10/min by user",
            "10/min by input",
            "10/min by input.",
            "10/min by input.address.zip",
            "10/min burst by principal",
            "10/min burst 0 by principal",
            "10/min burst 3 3 by principal",
            "10/min by principal by address",
            "١٠/min by principal",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
