//! Naming: conversion of wire names to TypeScript names, and the names that are reserved.

mod case;
mod reserved;

pub(crate) use case::{component_name, function_name, is_identifier, schema_name, type_name};
pub(crate) use reserved::{
    CHANNEL_EXPORTS, CLIENT_EXPORTS, COMMON_ERROR, DOWNLOAD_EXPORTS, LIVE_EXPORTS, PROVIDER_PROPS,
    REDIRECT_EXPORTS, RUNTIME_EXPORTS, STREAM_EXPORTS, is_reserved_in_forms,
    is_reserved_in_javascript,
};
