//! What a template works with.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::decimal::Decimal;
use super::format::escape::Format;

/// A value of a template. Cheap to clone.
#[derive(Clone)]
pub enum Value {
    /// A text.
    Text(Text),
    /// A number.
    Number(Decimal),
    /// True or false.
    Bool(bool),
    /// A moment, and which part of it is meant.
    Date(Timestamp, DateKind),
    /// A sequence.
    List(Arc<Vec<Value>>),
    /// A hash.
    Map(Arc<Map>),
    /// Nothing: prints as nothing and is counted. The name is the variable's that isn't there.
    Missing(Arc<str>),
    /// Something only a template makes: a range, a macro, markup.
    #[doc(hidden)]
    Inner(Inner),
}

/// A text, and whether it may contain markup of the template's own.
#[derive(Clone)]
pub struct Text {
    pub(super) text: Arc<str>,
    /// Written in the template, or escaped there: never escaped again. Text from outside is escaped on its way into HTML.
    pub(super) own: bool,
}

/// Which part of a moment a date means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DateKind {
    /// Day, month, year.
    Date,
    /// Time of day.
    Time,
    /// Both.
    DateTime,
}

/// Values under names, in the order they were put in.
#[derive(Clone, Default)]
pub struct Map {
    entries: Vec<(Arc<str>, Value)>,
    places: HashMap<Arc<str>, usize>,
}

#[derive(Clone)]
pub enum Inner {
    /// What `x!` gives for a missing `x`: an empty text, an empty sequence and an empty hash in one.
    Nothing,
    Range(Range),
    /// A macro or function: its template's and its own place.
    Macro {
        template: usize,
        index: usize,
        space: usize,
    },
    /// The variables of an imported template, or of this one.
    Space(usize),
    /// Markup that is not escaped again, of a format.
    Markup(Format, Arc<str>),
    /// `.data_model`, `.globals`, `.locals`, `.vars`
    Variables(Variables),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variables {
    DataModel,
    Globals,
    Locals,
    All,
}

/// Whole numbers in a row, not stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    pub first: i64,
    pub step: i64,
    /// `None`: without end.
    pub len: Option<u64>,
    /// `4..*10`: as a slice it takes what is there.
    pub at_most: bool,
}

impl Range {
    pub fn get(&self, index: u64) -> Option<i64> {
        if self.len.is_some_and(|len| index >= len) {
            return None;
        }
        self.first.checked_add(self.step.checked_mul(i64::try_from(index).ok()?)?)
    }
}

impl Value {
    /// A text from outside.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(Text { text: text.into(), own: false })
    }

    /// A hash.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        let mut map = Map::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        Value::Map(Arc::new(map))
    }

    /// A sequence.
    pub fn list(values: impl IntoIterator<Item = Value>) -> Value {
        Value::List(Arc::new(values.into_iter().collect()))
    }

    /// Text of the template's own.
    pub(super) fn own(text: impl Into<Arc<str>>) -> Value {
        Value::Text(Text { text: text.into(), own: true })
    }

    /// For messages: what kind of thing it is.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) | Value::Inner(Inner::Nothing) => "a text",
            Value::Number(_) => "a number",
            Value::Bool(_) => "a boolean",
            Value::Date(..) => "a date",
            Value::List(_) | Value::Inner(Inner::Range(_)) => "a sequence",
            Value::Map(_) | Value::Inner(Inner::Space(_) | Inner::Variables(_)) => "a hash",
            Value::Missing(_) => "missing",
            Value::Inner(Inner::Macro { .. }) => "a macro",
            Value::Inner(Inner::Markup(..)) => "markup",
        }
    }
}

impl Map {
    /// Puts a value under a name; one that was there is replaced.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: Value) {
        let key = key.into();
        match self.places.get(&key) {
            Some(&place) => self.entries[place].1 = value,
            None => {
                self.places.insert(key.clone(), self.entries.len());
                self.entries.push((key, value));
            }
        }
    }

    /// The value under a name.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.places.get(key).and_then(|&place| self.entries.get(place)).map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn entry(&self, index: usize) -> Option<&(Arc<str>, Value)> {
        self.entries.get(index)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(number.into())
    }
}

impl From<Timestamp> for Value {
    /// A date-time.
    fn from(at: Timestamp) -> Self {
        Value::Date(at, DateKind::DateTime)
    }
}

/// Values are what a fax says: not for logs.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a hash of {}", self.len())
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Value::Inner(self.clone()).kind())
    }
}
