//! `?` converts the errors of other crates in a function with typed errors.

#![deny(warnings)]

use mizan_core::{ClientError, Cx, Error, client};

/// The error of a database, which has variants with sources.
#[derive(Debug)]
enum SqlError {
    Io(std::io::Error),
}

impl std::fmt::Display for SqlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the query failed")
    }
}

impl std::error::Error for SqlError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let Self::Io(error) = self;
        Some(error)
    }
}

fn fetch(id: u32) -> Result<String, SqlError> {
    let path = format!("{id}.md");
    std::fs::read_to_string(path).map_err(SqlError::Io)
}

fn parse(text: &str) -> anyhow::Result<u32> {
    Ok(text.parse()?)
}

fn boxed(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Ok(text.parse()?)
}

#[derive(Debug, ClientError)]
enum ReadError {
    Locked,
    #[client_error(internal)]
    Internal(Error),
}

#[client(query)]
async fn read(id: u32) -> Result<String, ReadError> {
    if id == 0 {
        return Err(ReadError::Locked);
    }
    let text = fetch(id)?;
    std::fs::read(&text)?;
    parse(&text).map_err(Error::internal)?;
    boxed(&text).map_err(Error::internal)?;
    Err(Error::not_found("there is no such post"))?
}

#[client(query)]
async fn nested(cx: &Cx) -> Result<String, ReadError> {
    Ok(cx.call(Read { id: 1 }).await?)
}

fn main() {}
