# Appended to NGINX's Makefile by its configure: how this module's C++ is compiled. The options stand
# at each object, since a global -std=c++17 would reach NGINX's C files too.

pz_cflags="-std=c++17 -Wall -Wextra -Werror -Wno-missing-field-initializers -fvisibility=hidden -MMD -MP"
pz_cflags="$pz_cflags -I$ngx_addon_dir/include -I$ngx_addon_dir/src"
pz_cflags="$pz_cflags $(pkg-config --cflags $pz_packages) ${PERSONALIZE_CFLAGS:-}"

# NGINX's own default is -O.
case "$CFLAGS $NGX_CC_OPT" in
    *-O[0123sg]*) ;;
    *) pz_cflags="$pz_cflags -O2" ;;
esac

for pz_source in $pz_sources $pz_assets; do
    pz_object="$NGX_OBJS/addon/$(basename "$(dirname "$pz_source")")/$(basename "$pz_source" .cpp).o"
    echo "$pz_object: CFLAGS += $pz_cflags -MT \$@"
done >> $NGX_MAKEFILE

cat << END >> $NGX_MAKEFILE

$NGX_OBJS/addon/widgets/embedded.cpp: $ngx_addon_dir/scripts/embed $(find \
    "$ngx_addon_dir/src/widgets" -name '*.html' -o -name '*.css' | LC_ALL=C sort | tr '\n' ' ') \
    $NGX_OBJS/addon/widgets/personalize.js $(for pz_script in "$ngx_addon_dir"/src/widgets/script/by_need/*.js; do
        printf '%s ' "$NGX_OBJS/addon/widgets/$(basename "$pz_script")"
    done)
	$ngx_addon_dir/scripts/embed \$@ embedded \$(filter-out %/embed,\$^)

$NGX_OBJS/addon/widgets/personalize.js: $ngx_addon_dir/scripts/bundle $(echo \
    $ngx_addon_dir/src/widgets/script/*.js $ngx_addon_dir/src/widgets/script/widgets/*.js)
	$ngx_addon_dir/scripts/bundle \$@ \$(filter-out %/bundle,\$^)

$(for pz_script in "$ngx_addon_dir"/src/widgets/script/by_need/*.js; do
    pz_parts=$(find "$pz_script" "${pz_script%.js}" -name '*.js' 2> /dev/null | LC_ALL=C sort | tr '\n' ' ')
    printf '%s: %s %s\n' "$NGX_OBJS/addon/widgets/$(basename "$pz_script")" "$ngx_addon_dir/scripts/bundle" "$pz_parts"
    printf '\t%s $@ %s\n\n' "$ngx_addon_dir/scripts/bundle" "$pz_parts"
done)

$NGX_OBJS/addon/status_page/embedded.cpp: $ngx_addon_dir/scripts/embed $(echo \
    $ngx_addon_dir/src/record/status_page/*.html $ngx_addon_dir/src/record/status_page/*.css \
    $ngx_addon_dir/src/record/status_page/*.js)
	$ngx_addon_dir/scripts/embed \$@ status_page \$(filter-out %/embed,\$^)

-include $NGX_OBJS/addon/*/*.d
END
