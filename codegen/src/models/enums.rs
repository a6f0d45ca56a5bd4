//! Names of the open enums.

use std::collections::BTreeMap;

use super::ModelInput;
use crate::{
    kinds::{Kind, enum_values},
    names::{self, Unique},
};

/// Names the open enums: one type for a parameter that means the same in several models, one per model otherwise.
///
/// A parameter means the same when the lists of any two models agree in at least half of the shorter one: `aspect_ratio`
/// does, `speed_mode` does not.
pub(super) fn name_types(models: &mut [ModelInput], mut taken: Unique) {
    let mut lists: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for field in models.iter().flat_map(|model| &model.fields) {
        if matches!(field.kind, Kind::OpenEnum(_)) {
            let values = enum_values(&field.schema).into_iter().map(str::to_owned).collect();
            lists.entry(field.name.clone()).or_default().push(values);
        }
    }
    let mut shared = BTreeMap::new();
    for (name, lists) in lists {
        if lists.len() > 1 && mean_the_same(&lists) {
            shared.insert(name.clone(), taken.take_type(names::type_name(&name)));
        }
    }
    for model in models.iter_mut() {
        for field in &mut model.fields {
            if matches!(field.kind, Kind::OpenEnum(_)) {
                let name = shared.get(&field.name).cloned().unwrap_or_else(|| {
                    taken.take_type(format!("{}{}", model.type_name, names::type_name(&field.name)))
                });
                field.kind = Kind::OpenEnum(name);
            }
        }
    }
}

/// Whether any two lists agree in at least half of the shorter one.
fn mean_the_same(lists: &[Vec<String>]) -> bool {
    lists.iter().enumerate().all(|(index, one)| {
        lists[index + 1..].iter().all(|other| {
            let common = one.iter().filter(|value| other.contains(value)).count();
            common * 2 >= one.len().min(other.len())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Vec<String> {
        values.iter().map(|v| (*v).to_owned()).collect()
    }

    #[test]
    fn lists_that_agree_in_half_of_their_values_mean_the_same() {
        for (one, other, same) in [
            (["1:1", "16:9", "custom"].as_slice(), ["16:9", "9:16"].as_slice(), true),
            (&["480p", "720p"], &["720p", "1080p"], true),
            (&["Lightly Juiced", "Base", "Extra", "Plain"], &["Lightly Juiced", "Juiced", "More"], false),
            (&["a"], &["b"], false),
        ] {
            assert_eq!(mean_the_same(&[list(one), list(other)]), same, "{one:?} {other:?}");
        }
    }
}
