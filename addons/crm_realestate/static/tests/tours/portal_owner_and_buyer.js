import { registry } from "@web/core/registry";

const fits = {
    content: "The page is no wider than the screen",
    trigger: "main",
    run() {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth > clientWidth) {
            throw new Error(`The page is ${scrollWidth} wide on a screen of ${clientWidth}`);
        }
    },
};

// Somebody sells a flat and buys a house, and looks at both on a telephone.
registry.category("web_tour.tours").add("crm_realestate_portal_owner", {
    steps: () => [
        {
            content: "My properties",
            trigger: ".o_portal_my_home a[href='/my/properties']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "a.card:contains('Flat'):contains('Visits: 1')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "What the visitors thought, without who they are",
            trigger: "table:contains('Not interested'):contains('Noise')",
        },
        {
            trigger: "main:contains('look for such a home'):not(:contains('Berta'))",
        },
        fits,
    ],
});

registry.category("web_tour.tours").add("crm_realestate_portal_buyer", {
    steps: () => [
        {
            content: "My visits",
            trigger: ".o_portal_my_home a[href='/my/visits']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".list-group-item:contains('Parking'):contains('Planned'):not(:contains('Flat'))",
        },
        fits,
        {
            content: "Back to everything that is mine",
            trigger: ".o_portal_submenu a[href='/my/home'], .o_portal_submenu a[href='/my']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "My bookings",
            trigger: ".o_portal_my_home a[href='/my/bookings']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".list-group-item:contains('Parking'):contains('Kept for you until')",
        },
        fits,
        {
            content: "The contract waits for my signature",
            trigger: ".list-group-item:contains('To sign') a:contains('Deposit contract')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_crm_document_portal:contains('Parking')",
        },
    ],
});
