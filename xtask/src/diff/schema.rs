//! Two schemas at the same place.

use serde_json::Value;

use super::{
    Class, bounds,
    differ::{Differ, Direction, show},
    place::Place,
    shape::Shape,
};

/// Words and hints, which change nothing of what is valid.
const PROSE: [&str; 6] = ["title", "description", "example", "externalDocs", "xml", "deprecated"];

/// Compares two schemas.
pub(super) fn compare<'a>(
    differ: &mut Differ<'a>,
    direction: Direction,
    place: &Place,
    (old, new): (&'a Value, &'a Value),
) {
    let pair = (differ.resolve_old(old), differ.resolve_new(new));
    differ.once(pair.0, pair.1, |differ| {
        let shapes = (Shape::new(differ.old, old), Shape::new(differ.new, new));
        let mut context = Context { differ, direction, place };
        // Where one side is a choice and the other is not, each branch is compared with the whole of the other side.
        if shapes.0.choices().is_empty() == shapes.1.choices().is_empty() {
            context.types(&shapes.0, &shapes.1);
            context.values(&shapes.0, &shapes.1);
            bounds::compare(&mut context, &shapes.0, &shapes.1);
            context.properties(&shapes.0, &shapes.1);
            context.items(&shapes.0, &shapes.1);
            context.prose(&shapes.0, &shapes.1);
        }
        context.choices((old, &shapes.0), (new, &shapes.1));
    });
}

/// Where a comparison is.
pub(super) struct Context<'d, 'a> {
    pub(super) differ: &'d mut Differ<'a>,
    pub(super) direction: Direction,
    pub(super) place: &'d Place,
}

impl<'a> Context<'_, 'a> {
    pub(super) fn narrowed(&mut self, what: impl Into<String>) {
        self.differ.narrowed(self.direction, self.place, what);
    }

    pub(super) fn widened(&mut self, what: impl Into<String>) {
        self.differ.widened(self.direction, self.place, what);
    }

    /// Neither direction is harmed: our types do not hold it, or they are open there.
    pub(super) fn additive(&mut self, what: impl Into<String>) {
        self.differ.push(Class::Additive, self.place, what);
    }

    fn breaking(&mut self, what: impl Into<String>) {
        self.differ.push(Class::Breaking, self.place, what);
    }

    fn inner(&mut self, place: &Place, pair: (&'a Value, &'a Value)) {
        compare(self.differ, self.direction, place, pair);
    }

    fn types(&mut self, old: &Shape<'a>, new: &Shape<'a>) {
        match (old.text("type"), new.text("type")) {
            (old, new) if old == new => {}
            (Some("integer"), Some("number")) => self.widened("takes any number, not just integers"),
            (Some("number"), Some("integer")) => self.narrowed("is an integer, no longer any number"),
            (Some(old), Some(new)) => self.breaking(format!("type changed from {old} to {new}")),
            (None, Some(new)) => self.narrowed(format!("is of type {new}, it was of any")),
            (Some(old), None) => self.widened(format!("is of any type, it was {old}")),
            (None, None) => {}
        }
        match (old.text("format"), new.text("format")) {
            (old, new) if old == new => {}
            (Some(old), Some(new)) => self.breaking(format!("format changed from {old} to {new}")),
            (None, Some(new)) => self.narrowed(format!("has the format {new}")),
            (Some(old), None) => self.widened(format!("lost the format {old}")),
            (None, None) => {}
        }
        match (old.flag("nullable"), new.flag("nullable")) {
            (false, true) => self.widened("may be null"),
            (true, false) => self.narrowed("may not be null any longer"),
            _ => {}
        }
    }

    fn values(&mut self, old: &Shape<'a>, new: &Shape<'a>) {
        let list = |shape: &Shape<'a>| shape.get("enum").and_then(Value::as_array);
        match (list(old), list(new)) {
            (Some(old), Some(new)) => {
                for value in old.iter().filter(|value| !new.contains(value)) {
                    self.narrowed(format!("no longer has the value {}", show(value)));
                }
                for value in new.iter().filter(|value| !old.contains(value)) {
                    self.additive(format!("has the new value {}", show(value)));
                }
            }
            (None, Some(new)) => {
                let values: Vec<String> = new.iter().map(show).collect();
                self.narrowed(format!("is limited to {}", values.join(", ")));
            }
            (Some(_), None) => self.additive("is no longer limited to listed values"),
            (None, None) => {}
        }
        if self.direction == Direction::Request {
            match (old.get("default"), new.get("default")) {
                (Some(old), Some(new)) if old != new => {
                    self.breaking(format!("default changed from {} to {}", show(old), show(new)));
                }
                (Some(old), None) => self.breaking(format!("lost its default {}", show(old))),
                (None, Some(new)) => self.additive(format!("has the default {}", show(new))),
                _ => {}
            }
        }
    }

    fn properties(&mut self, old: &Shape<'a>, new: &Shape<'a>) {
        let hidden = if self.direction == Direction::Request { "readOnly" } else { "writeOnly" };
        let visible = |differ: &Differ<'a>, schema: &'a Value, of_new: bool| {
            let resolved = if of_new { differ.resolve_new(schema) } else { differ.resolve_old(schema) };
            resolved[hidden] != true
        };
        for (name, schema) in old.properties() {
            if !visible(self.differ, schema, false) {
                continue;
            }
            let place = self.place.property(name);
            match new.property(name).filter(|schema| visible(self.differ, schema, true)) {
                None => self.differ.push(Class::Breaking, &place, "was removed"),
                Some(newer) => {
                    match (old.requires(name), new.requires(name)) {
                        (false, true) => self.differ.narrowed(self.direction, &place, "is required now"),
                        (true, false) => self.differ.widened(self.direction, &place, "is no longer required"),
                        _ => {}
                    }
                    self.inner(&place, (schema, newer));
                }
            }
        }
        for (name, schema) in new.properties() {
            let known = old.property(name).is_some_and(|schema| visible(self.differ, schema, false));
            if known || !visible(self.differ, schema, true) {
                continue;
            }
            let place = self.place.property(name);
            if new.requires(name) && self.direction == Direction::Request {
                self.differ.push(Class::Breaking, &place, "was added, and is required");
            } else {
                self.differ.push(Class::Additive, &place, "was added");
            }
        }
        self.additional_properties(old, new);
    }

    fn additional_properties(&mut self, old: &Shape<'a>, new: &Shape<'a>) {
        let closed = |value: Option<&Value>| value.is_some_and(|value| *value == false);
        let (old, new) = (old.get("additionalProperties"), new.get("additionalProperties"));
        match (closed(old), closed(new)) {
            (false, true) => self.narrowed("takes no properties but those listed"),
            (true, false) => self.additive("takes properties beside those listed"),
            _ => {
                if let (Some(old), Some(new)) = (old.filter(|v| v.is_object()), new.filter(|v| v.is_object())) {
                    self.inner(&self.place.step("{}"), (old, new));
                }
            }
        }
    }

    fn items(&mut self, old: &Shape<'a>, new: &Shape<'a>) {
        if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
            self.inner(&self.place.step("[]"), (old, new));
        }
        if old.get("not") != new.get("not") {
            self.narrowed("what it must not be changed");
        }
        if old.get("discriminator") != new.get("discriminator") {
            self.breaking("how its shapes are told apart changed");
        }
    }

    /// Branches that are equal, or of one name, are one branch. A branch is still served if another fits in its place.
    fn choices(&mut self, (old, old_shape): (&'a Value, &Shape<'a>), (new, new_shape): (&'a Value, &Shape<'a>)) {
        let (mut olds, mut news) = (old_shape.choices(), new_shape.choices());
        // A plain schema is a choice of one; between two plain ones there is nothing left to compare.
        match (olds.is_empty(), news.is_empty()) {
            (true, true) => return,
            (true, false) => olds.push(old),
            (false, true) => news.push(new),
            (false, false) => {}
        }
        let mut pairs = Vec::new();
        for same in [same_text as fn(&Value, &Value) -> bool, same_name] {
            olds.retain(|old| {
                let Some(index) = news.iter().position(|new| same(old, new)) else { return true };
                pairs.push((*old, news.remove(index)));
                false
            });
        }
        let both_choose = !old_shape.choices().is_empty() && !new_shape.choices().is_empty();
        if let (true, [old], [new]) = (both_choose, olds.as_slice(), news.as_slice()) {
            // One is left on each side: the same branch, changed.
            pairs.push((old, new));
            (olds, news) = (Vec::new(), Vec::new());
        }
        for (old, new) in pairs {
            self.inner(&self.place.step(&format!("<{}>", branch_name(new))), (old, new));
        }
        self.unpaired(&olds, &news, &new_shape.choices(), &old_shape.choices());
    }

    fn unpaired(&mut self, olds: &[&'a Value], news: &[&'a Value], all_new: &[&'a Value], all_old: &[&'a Value]) {
        let (direction, place) = (self.direction, self.place.clone());
        let or = |all: &[&'a Value], rest: &[&'a Value]| if all.is_empty() { rest.to_vec() } else { all.to_vec() };
        let (all_old, all_new) = (or(all_old, olds), or(all_new, news));
        for old in olds {
            let served = direction == Direction::Request
                && all_new.iter().any(|new| self.differ.fits(|differ| compare(differ, direction, &place, (old, new))));
            let what = format!("no longer has the shape {}", branch_name(old));
            if served { self.additive(what) } else { self.narrowed(what) }
        }
        for new in news {
            let known = direction == Direction::Response
                && all_old.iter().any(|old| self.differ.fits(|differ| compare(differ, direction, &place, (old, new))));
            let what = format!("has the new shape {}", branch_name(new));
            if known { self.additive(what) } else { self.widened(what) }
        }
    }

    fn prose(&mut self, old: &Shape<'a>, new: &Shape<'a>) {
        for keyword in PROSE {
            if old.get(keyword) != new.get(keyword) {
                let (old, new) = (old.get(keyword), new.get(keyword));
                let one = |value: Option<&Value>| {
                    value.map_or_else(|| serde_json::json!({}), |value| serde_json::json!({ keyword: value }))
                };
                self.differ.prose(self.place, &one(old), &one(new), &[keyword]);
            }
        }
    }
}

fn same_text(old: &Value, new: &Value) -> bool {
    old == new
}

fn same_name(old: &Value, new: &Value) -> bool {
    ["$ref", "title"].iter().any(|key| old[key].is_string() && old[key] == new[key])
}

/// What a branch is called: its component, its title, or the names of its properties.
fn branch_name(branch: &Value) -> String {
    if let Some(reference) = branch["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(title) = branch["title"].as_str() {
        return title.to_owned();
    }
    match branch["properties"].as_object() {
        Some(properties) => {
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            format!("{{{}}}", names.join(", "))
        }
        None => branch["type"].as_str().unwrap_or("anything").to_owned(),
    }
}
