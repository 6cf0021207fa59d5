/// How a field is shown: HTML's word where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are HTML's")]
pub enum Widget {
    Text,
    Email,
    Password,
    Url,
    Tel,
    Search,
    Number,
    Range,
    /// A number that is sent as text, so that it stays exact.
    Decimal,
    Checkbox,
    Date,
    Time,
    DatetimeLocal,
    Select,
    Radio,
    /// Several of the choices, in one box.
    MultiSelect,
    /// Several of the choices, each with a box to check.
    Checkboxes,
    Textarea,
    Color,
    File,
    /// A file that is a picture.
    Image,
    /// An ordinary field that nobody sees.
    Hidden,
    /// Fields of their own, together.
    Group,
    /// Rows that can be added and removed.
    List,
}

impl Widget {
    /// The widget in the manifest's words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
            Self::Password => "password",
            Self::Url => "url",
            Self::Tel => "tel",
            Self::Search => "search",
            Self::Number => "number",
            Self::Range => "range",
            Self::Decimal => "decimal",
            Self::Checkbox => "checkbox",
            Self::Date => "date",
            Self::Time => "time",
            Self::DatetimeLocal => "datetime-local",
            Self::Select => "select",
            Self::Radio => "radio",
            Self::MultiSelect => "multi-select",
            Self::Checkboxes => "checkboxes",
            Self::Textarea => "textarea",
            Self::Color => "color",
            Self::File => "file",
            Self::Image => "image",
            Self::Hidden => "hidden",
            Self::Group => "group",
            Self::List => "list",
        }
    }

    /// Whether a browser lets people write any one line into it.
    pub(crate) const fn is_line(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Email | Self::Password | Self::Url | Self::Tel | Self::Search
        )
    }
}
