//! The data that a page contains for hydration.

use crate::inline_json::{push_inline_json, push_inline_string};

/// Results of server functions and data of queries that the page does not contain yet, as JSON.
#[derive(Default)]
pub(crate) struct EmbeddedData {
    /// JSON objects, separated by commas, that are safe in a `<script>` element.
    records: String,
}

impl EmbeddedData {
    /// Adds the result of a server function: its output, or problem details.
    pub(crate) fn push_result(&mut self, name: &str, input: &str, result: Result<&str, &str>) {
        let records = self.begin_record();
        records.push_str("{\"name\":");
        push_inline_string(records, name);
        if !input.is_empty() {
            records.push_str(",\"input\":");
            push_inline_json(records, input);
        }
        let (key, json) = match result {
            Ok(output) => (",\"output\":", output),
            Err(problem) => (",\"problem\":", problem),
        };
        records.push_str(key);
        push_inline_json(records, json);
        records.push('}');
    }

    /// Adds an object of the generated client: JSON with the key of a query and its data.
    pub(crate) fn push_query(&mut self, json: &str) {
        let records = self.begin_record();
        push_inline_json(records, json);
    }

    fn begin_record(&mut self) -> &mut String {
        if !self.records.is_empty() {
            self.records.push(',');
        }
        &mut self.records
    }

    /// Removes the data and returns it as an inert `<script>` element. The result is empty without data.
    pub(crate) fn take_element(&mut self) -> String {
        if self.records.is_empty() {
            return String::new();
        }
        let records = std::mem::take(&mut self.records);
        format!("<script type=\"application/json\" data-mizan-answers>[{records}]</script>")
    }
}
