//! The kinds of form controls.

/// A form control. The names follow HTML's input types where HTML has an equivalent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "most names are those of HTML's input types")]
pub enum Widget {
    Text,
    Email,
    Password,
    Url,
    Tel,
    Search,
    Number,
    Range,
    /// An exact number, sent as text.
    Decimal,
    Checkbox,
    Date,
    Time,
    DatetimeLocal,
    Select,
    Radio,
    /// Several choices, in one list box.
    MultiSelect,
    /// Several choices, with a checkbox each.
    Checkboxes,
    Textarea,
    Color,
    File,
    /// An image file.
    Image,
    /// An input of the type `hidden`: an ordinary field that the user does not see.
    Hidden,
    /// A group of nested fields.
    Group,
    /// A list with rows that the user can add and remove.
    List,
}

impl Widget {
    /// Returns the name of the widget in the manifest.
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

    /// Returns true if the user can type any single line of text.
    pub(crate) const fn is_single_line(self) -> bool {
        matches!(
            self,
            Self::Text | Self::Email | Self::Password | Self::Url | Self::Tel | Self::Search
        )
    }
}
