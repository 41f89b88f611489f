#!/bin/sh
# runc, told of no capability that this machine itself lacks; without this a privileged container starts only where root has them all.
for word; do
    [ "$last" = --bundle ] && config=$word/config.json
    last=$word
done
if [ -n "$config" ]; then
    has=,$(setpriv --dump | sed -n 's/^Capability bounding set: //p'),
    for capability in $(grep -o 'CAP_[A-Z_]*' "$config" | sort -u); do
        case $has in
        *,$(echo "${capability#CAP_}" | tr A-Z a-z),*) ;;
        *) sed -i "s/,\"$capability\"//g; s/\"$capability\",//g" "$config" ;;
        esac
    done
fi
exec runc "$@"
