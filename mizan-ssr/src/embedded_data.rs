//! The data that a page contains for hydration.

use crate::inline_json::push_inline_json;

/// Results of server functions and data of queries that the page does not contain yet.
#[derive(Default)]
pub(crate) struct EmbeddedData {
    records: Records,
}

/// The data that a part of a page depends on.
#[derive(Default)]
pub(crate) struct PageData {
    records: Records,
    /// Calls of server functions that the render waits for.
    pending: Records,
}

/// JSON objects in one line, separated by commas.
#[derive(Default)]
struct Records(String);

impl EmbeddedData {
    /// Adds the result of a server function: its output, or problem details.
    pub(crate) fn push_result(&mut self, name: &str, input: &str, result: Result<&str, &str>) {
        self.records.begin_call(name, input);
        let (key, json) = match result {
            Ok(output) => (",\"output\":", output),
            Err(problem) => (",\"problem\":", problem),
        };
        self.records.0.push_str(key);
        push_json_line(&mut self.records.0, json);
        self.records.0.push('}');
    }

    /// Adds an object of the generated client: JSON with the key of a query and its data.
    pub(crate) fn push_query(&mut self, json: &str) {
        self.records.separate();
        push_json_line(&mut self.records.0, json);
    }

    /// Removes the data and returns it, with the name and the input of each call in `pending`.
    pub(crate) fn take<'a>(
        &mut self,
        pending: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> PageData {
        let mut data = PageData {
            records: std::mem::take(&mut self.records),
            pending: Records::default(),
        };
        for (name, input) in pending {
            data.pending.begin_call(name, input);
            data.pending.0.push('}');
        }
        data
    }
}

impl PageData {
    /// Returns the results as an inert `<script>` element; empty without results.
    pub(crate) fn element(&self) -> String {
        if self.records.0.is_empty() {
            return String::new();
        }
        let mut element = String::from("<script type=\"application/json\" data-mizan-answers>[");
        push_inline_json(&mut element, &self.records.0);
        element.push_str("]</script>");
        element
    }

    /// Returns the members `results` and `pending` of a JSON object; empty without data.
    pub(crate) fn members(&self) -> String {
        let mut members = String::new();
        for (name, Records(records)) in [("results", &self.records), ("pending", &self.pending)] {
            if !records.is_empty() {
                let comma = if members.is_empty() { "" } else { "," };
                members.push_str(&format!("{comma}\"{name}\":[{records}]"));
            }
        }
        members
    }
}

impl Records {
    fn separate(&mut self) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
    }

    /// Adds a call without its result and without the closing brace.
    fn begin_call(&mut self, name: &str, input: &str) {
        self.separate();
        self.0.push_str("{\"name\":");
        self.0.push_str(&serde_json::Value::from(name).to_string());
        if !input.is_empty() {
            self.0.push_str(",\"input\":");
            push_json_line(&mut self.0, input);
        }
    }
}

/// Appends JSON in one line: in JSON, line breaks occur only between tokens.
pub(crate) fn push_json_line(line: &mut String, json: &str) {
    line.extend(json.chars().map(|c| match c {
        '\n' | '\r' => ' ',
        c => c,
    }));
}

#[cfg(test)]
mod tests {
    use super::{EmbeddedData, PageData};

    #[test]
    fn data_is_inert_in_documents_and_one_line_in_navigations() {
        let mut embedded = EmbeddedData::default();
        embedded.push_result("user", "", Ok("{\n  \"name\": \"</script>\\n\"\r\n}"));
        embedded.push_result("post", "{\"id\":\n7}", Err("{\"status\":404}"));
        embedded.push_query("{\"key\":[\"a\"],\"data\":1}");
        let data = embedded.take([("slow", "1"), ("slower", "")]);
        assert_eq!(
            data.element(),
            "<script type=\"application/json\" data-mizan-answers>[{\"name\":\"user\",\"output\":\
             {   \"name\": \"\\u003c/script\\u003e\\n\"  }},{\"name\":\"post\",\"input\":{\"id\": 7},\
             \"problem\":{\"status\":404}},{\"key\":[\"a\"],\"data\":1}]</script>"
        );
        assert_eq!(
            data.members(),
            "\"results\":[{\"name\":\"user\",\"output\":{   \"name\": \"</script>\\n\"  }},\
             {\"name\":\"post\",\"input\":{\"id\": 7},\"problem\":{\"status\":404}},\
             {\"key\":[\"a\"],\"data\":1}],\"pending\":[{\"name\":\"slow\",\"input\":1},{\"name\":\"slower\"}]"
        );
        assert_eq!(embedded.take([]).element(), "");
        assert_eq!(PageData::default().members(), "");
    }
}
