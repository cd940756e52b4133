/** Return the steps that say, in the dialog of a dismissed match, that the home is too small or too large. */
export const sayTooSmall = () => [
    {
        trigger: ".modal .o_field_widget[name=reason] label:contains('Too small')",
        run: "click",
    },
    {
        trigger: ".modal button[name=action_apply]",
        run: "click",
    },
];
