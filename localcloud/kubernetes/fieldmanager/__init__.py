"""Who owns which field, and server-side apply: one object on its way through, stage by stage.

The stages and their names are those of sigs.k8s.io/structured-merge-diff (v4: fieldpath, typed, merge) and of
k8s.io/apimachinery (pkg/util/managedfields) [documented]. `Objects.apply` goes through them in this order:

    validate.as_typed          the configuration beside its schema: all of it must be declared      typed.AsTyped
    decoding.decoded           the configuration as an object of its kind, without defaults
    admission.reset            less the fields that this endpoint may not set             ResetFieldsStrategy
    updater.apply              who owns what then:                                        Updater.Apply
    field_set.to_field_set       the fields that the configuration claims                 TypedValue.ToFieldSet
    merge.merge                  the configuration laid over the live object              TypedValue.Merge
    updater.prune                less what the manager's last apply set, this one         Updater.prune,
                                 leaves out, and nobody else owns                         TypedValue.RemoveItems
    compare.compare              the live object beside that: added, modified, removed    TypedValue.Compare
    updater.check_conflicts      others' fields among these, which only force may take    merge.Conflicts
    updater.disown               the others lose them                                     Updater.update
    decoding.decoded           the merged object, with the schema's defaults              ObjectDefaulter
    managed_fields.encode      the sets as metadata.managedFields                         buildManagerInfoManager

An update (POST, PUT, the other patches) goes by `updater.update`: compare, disown, and the manager owns what it
changed. Every stage walks the object beside its schema, and `elements` says what a walk finds at each step.
"""
